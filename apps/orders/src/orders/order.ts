import { createHash } from 'node:crypto';
import { type Money, type OrderLine, OrderPlaced } from '@fieldguide/contracts';
import { create, type Fields } from '@fieldguide/kafka';

/** What a customer wants. */
export interface Wish {
  readonly customerEmail: string;
  /** A token of the payment provider. */
  readonly card: string;
  readonly lines: readonly Fields<OrderLine>[];
}

export type OrderStatus = 'placed' | 'paid' | 'rejected';

export interface Order extends Wish {
  readonly id: string;
  readonly idempotencyKey: string;
  readonly fingerprint: string;
  readonly total: Fields<Money>;
  readonly status: OrderStatus;
  /** Why it was rejected. */
  readonly reason?: string;
  readonly placedAt: Date;
}

/** Tells whether a key comes back with the same wish. Keeps none of it. */
export function fingerprintOf({ customerEmail, card, lines }: Wish): string {
  const parts = [customerEmail, card, ...lines.flatMap(({ sku, quantity }) => [sku, quantity])];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

export function newsOf({ id, customerEmail, card, lines, total }: Order): OrderPlaced {
  return create(OrderPlaced, { orderId: id, customerEmail, card, lines, total });
}
