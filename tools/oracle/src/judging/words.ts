import type { Charge, EventRecord, Money } from '../history.js';

export const sameMoney = (one: Money, other: Money): boolean =>
  one.cents === other.cents && one.currency === other.currency;

/** `12.50 EUR` */
export const price = ({ cents, currency }: Money): string =>
  `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')} ${currency}`;

/** `orders.order-placed.v1 3/17` */
export const place = ({ topic, partition, offset }: EventRecord): string => `${topic} ${partition}/${offset}`;

export const places = (records: readonly EventRecord[]): string =>
  records.map((record) => `${place(record)} (${record.id})`).join(', ');

/** Records with an identity of their own; the first copy of each. */
export function firstCopies(records: readonly EventRecord[]): EventRecord[] {
  const seen = new Set<string>();
  return records.filter(({ id }) => !seen.has(id) && seen.add(id));
}

export const isDecided = (charge: Charge | undefined): charge is Charge =>
  charge !== undefined && charge.status !== 'pending';
