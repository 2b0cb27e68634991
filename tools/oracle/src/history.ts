/** All that is known of a shop from its witnesses, as plain values. Times are ISO 8601, in UTC. */
export interface History {
  /** Which orders are judged; the others are read, so that what belongs to them is known to. */
  readonly judged: Scope;
  /** What customers were told by HTTP, where somebody has written it down. */
  readonly accepted: readonly Accepted[];
  readonly orders: readonly StoredOrder[];
  readonly charges: readonly Charge[];
  /** The payment provider's ledger: every attempt. */
  readonly ledger: readonly Attempt[];
  /** Undefined where the mail server shows no mailbox. */
  readonly mails: readonly Mail[] | undefined;
  /** By topic and partition, in the order of the offsets. */
  readonly records: readonly EventRecord[];
  /** Topic → since when it is whole: what was said before is gone with its retention. */
  readonly wholeSince: Readonly<Record<string, string>>;
  /** What is left in the outboxes. Undefined where there are none. */
  readonly outbox: readonly OutboxEvent[] | undefined;
  /** What analytics has heard of each order. */
  readonly sales: readonly Sale[] | undefined;
  /** Analytics' running sums. Undefined where it keeps none. */
  readonly takings: readonly Taking[] | undefined;
  /** Those that nothing was decided on. */
  readonly deadLetters: readonly DeadLetter[];
  /** Chaos' own log. */
  readonly faults: readonly Fault[];
  /** What is still under way, in sentences. Where there is something, what is missing may be still to come. */
  readonly unfinished: readonly string[];
}

export interface Scope {
  /** Orders that were placed earlier are not judged. */
  readonly since?: string;
  /** Orders that were placed later are not judged: their work may be under way. */
  readonly until?: string;
  /** These orders only. */
  readonly orders?: ReadonlySet<string>;
}

export interface Money {
  readonly cents: number;
  readonly currency: string;
}

/** What a customer was told of an order. */
export interface Accepted {
  readonly at: string;
  /** `Idempotency-Key`, where it was sent. */
  readonly key?: string;
  readonly orderId: string;
  readonly total: Money;
}

export interface StoredOrder {
  readonly id: string;
  readonly key: string;
  readonly email: string;
  readonly total: Money;
  readonly status: string;
  readonly placedAt: string;
}

export interface Charge {
  readonly orderId: string;
  readonly amount: Money;
  readonly status: string;
  readonly paymentId?: string;
  readonly decidedAt?: string;
}

/** One request for a charge that reached the payment provider. */
export interface Attempt {
  readonly at: string;
  readonly orderId: string;
  /** The provider's word: `captured`, `declined`, `repeated`, `failed`, … */
  readonly outcome: string;
  readonly booked: boolean;
  readonly amount: Money;
  readonly paymentId?: string;
}

export type MailKind = 'received' | 'paid' | 'not paid';

export interface Mail {
  readonly at: string;
  readonly orderId: string;
  readonly kind: MailKind;
  readonly address: string;
}

/** A record of an event topic, without what nobody judges. */
export interface EventRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  /** `ce_id`; where there is none, its place. */
  readonly id: string;
  /** Not said by the service that owns the topic: poison, or somebody's hand. */
  readonly foreign: boolean;
  /** `ce_time`, else the record's own. */
  readonly at: string;
  /** Whose it is, by its payload. */
  readonly orderId?: string;
  readonly amount?: Money;
  readonly email?: string;
  readonly paymentId?: string;
  /** Grows from event to event of one key. */
  readonly revision?: number;
}

export interface OutboxEvent {
  readonly service: string;
  readonly position: string;
  readonly id: string;
  readonly topic: string;
  readonly key: string;
  readonly storedAt: string;
  /** Why the broker will never take it. */
  readonly problem?: string;
}

export interface Sale {
  readonly orderId: string;
  readonly placed: boolean;
  readonly paidCents?: number;
  readonly rejected: boolean;
}

export interface Taking {
  readonly currency: string;
  readonly cents: number;
  readonly payments: number;
}

export interface DeadLetter {
  /** Who gave up. */
  readonly service: string;
  /** `partition/offset` among the dead letters of its service. */
  readonly id: string;
  readonly at: string;
  /** Where it came from first. */
  readonly topic: string;
  /** Its key. */
  readonly orderId?: string;
  readonly code: string;
  readonly message: string;
}

export interface Fault {
  readonly at: string;
  readonly until?: string;
  readonly kind: string;
  readonly target: string;
  readonly note?: string;
}

export const ORDER_PLACED = 'orders.order-placed.v1';
export const PAYMENT_CAPTURED = 'billing.payment-captured.v1';
export const PAYMENT_DECLINED = 'billing.payment-declined.v1';
export const PRICE_LIST_CHANGED = 'billing.price-list-changed.v1';
