import { TransactionHost } from '@fieldguide/service-kit';
import { Injectable } from '@nestjs/common';
import { and, eq } from 'drizzle-orm';
import type { Charge, DecidedCharge, Decision } from './charge.js';
import { charges } from './charges.table.js';

@Injectable()
export class ChargesRepository {
  constructor(private readonly database: TransactionHost) {}

  /** The order's charge; opens it where there is none. Of two that open it at once, both get the same. */
  async open({ orderId, amount }: Pick<Charge, 'orderId' | 'amount'>): Promise<Charge | DecidedCharge> {
    await this.database.tx
      .insert(charges)
      .values({ orderId, ...amount })
      .onConflictDoNothing();
    return this.find(orderId);
  }

  /** Keeps the first decision. Undefined where there is one already: another replica's. */
  async decide(orderId: string, decision: Decision): Promise<DecidedCharge | undefined> {
    const { status, ...facts } = decision;
    const [decided] = await this.database.tx
      .update(charges)
      .set({ status, ...facts, decidedAt: new Date() })
      .where(and(eq(charges.orderId, orderId), eq(charges.status, 'pending')))
      .returning();
    return decided && (chargeOf(decided) as DecidedCharge);
  }

  private async find(orderId: string): Promise<Charge | DecidedCharge> {
    const [row] = await this.database.tx.select().from(charges).where(eq(charges.orderId, orderId));
    if (!row) throw new Error(`The charge of order ${orderId} is gone from the database.`);
    return chargeOf(row);
  }
}

function chargeOf(row: typeof charges.$inferSelect): Charge | DecidedCharge {
  const { orderId, cents, currency, decidedAt, status, paymentId, reason } = row;
  const charge = { orderId, amount: { cents, currency } };
  if (!decidedAt || status === 'pending') return charge;
  const decision: Decision =
    status === 'captured' ? { status, paymentId: paymentId ?? '' } : { status, reason: reason ?? '' };
  return { ...charge, decision, decidedAt };
}
