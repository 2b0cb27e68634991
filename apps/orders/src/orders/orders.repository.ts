import { TransactionHost } from '@fieldguide/service-kit';
import { Injectable } from '@nestjs/common';
import { and, eq } from 'drizzle-orm';
import type { Order, OrderStatus } from './order.js';
import { orders } from './orders.table.js';

export type NewOrder = Pick<
  Order,
  'id' | 'idempotencyKey' | 'fingerprint' | 'customerEmail' | 'card' | 'lines' | 'total'
>;

/** The order of a key, and whether it was not there before. */
export interface Stored {
  readonly order: Order;
  readonly isNew: boolean;
}

@Injectable()
export class OrdersRepository {
  constructor(private readonly database: TransactionHost) {}

  /** Stores an order, unless its key has one: then that one. Of two at once, both get the same. */
  async store({ total, lines, ...order }: NewOrder): Promise<Stored> {
    const amount = { totalCents: total.cents, currency: total.currency };
    const [stored] = await this.database.tx
      .insert(orders)
      .values({ ...order, ...amount, lines: lines.map(({ sku, quantity }) => ({ sku, quantity })) })
      .onConflictDoNothing({ target: orders.idempotencyKey })
      .returning();
    if (stored) return { order: orderFrom(stored), isNew: true };
    const found = await this.findByKey(order.idempotencyKey);
    if (!found) throw new Error('The order of a key that is taken is gone from the database.');
    return { order: found, isNew: false };
  }

  async findByKey(idempotencyKey: string): Promise<Order | undefined> {
    const [row] = await this.database.tx.select().from(orders).where(eq(orders.idempotencyKey, idempotencyKey));
    return row && orderFrom(row);
  }

  async find(id: string): Promise<Order | undefined> {
    const [row] = await this.database.tx.select().from(orders).where(eq(orders.id, id));
    return row && orderFrom(row);
  }

  /** Takes an order on from `placed`, once. False where it was not `placed` any more, or not there. */
  async settle(id: string, outcome: { status: Exclude<OrderStatus, 'placed'>; reason?: string }): Promise<boolean> {
    const settled = await this.database.tx
      .update(orders)
      .set(outcome)
      .where(and(eq(orders.id, id), eq(orders.status, 'placed')))
      .returning({ id: orders.id });
    return settled.length > 0;
  }
}

function orderFrom({ totalCents, currency, reason, ...row }: typeof orders.$inferSelect): Order {
  const order = { ...row, total: { cents: totalCents, currency } };
  return reason === null ? order : { ...order, reason };
}
