import {
  type EventRecord,
  type History,
  ORDER_PLACED,
  PAYMENT_CAPTURED,
  PAYMENT_DECLINED,
  PRICE_LIST_CHANGED,
} from '../history.js';

type Writable<T> = { -readonly [K in keyof T]: T[K] };
/** Lists that a spec may plant defects in. */
export type Draft = {
  -readonly [K in keyof History]: NonNullable<History[K]> extends readonly (infer Item)[]
    ? Writable<Item>[]
    : History[K];
};

const START = Date.parse('2026-11-26T02:00:00.000Z');
const EUR = (cents: number) => ({ cents, currency: 'EUR' });
/** That many milliseconds after the first order. */
export const at = (ms: number): string => new Date(START + ms).toISOString();
export const orderId = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
export const paid = orderId(0);
export const declined = orderId(1);

/** A shop that has kept its word: every second order is declined, one a second. */
export function rightHistory(orders = 4): Draft {
  const draft = emptyHistory();
  for (let index = 0; index < orders; index++) addOrder(draft, index);
  const captured = draft.charges.filter(({ status }) => status === 'captured');
  const cents = captured.reduce((sum, { amount }) => sum + amount.cents, 0);
  draft.takings.push({ currency: 'EUR', cents, payments: captured.length });
  for (const revision of [2, 3])
    draft.records.push({ ...record(PRICE_LIST_CHANGED, revision, 'tea', `price-${revision}`, 0), revision });
  return draft;
}

const emptyHistory = (): Draft => ({
  judged: {},
  ...{ accepted: [], orders: [], charges: [], ledger: [], mails: [], records: [], outbox: [], sales: [], takings: [] },
  ...{ deadLetters: [], faults: [], unfinished: [], wholeSince: {} },
});

function addOrder(draft: Draft, index: number): void {
  const [id, key, email, total] = [orderId(index), `key-${index}`, `customer-${index}@example.org`, EUR(495 + index)];
  const [ms, paymentId, isPaid] = [index * 1_000, `pay_${index}`, index % 2 === 0];
  const status = isPaid ? 'captured' : 'declined';
  const payment = isPaid ? { paymentId } : {};
  draft.accepted.push({ at: at(ms + 20), key, orderId: id, total });
  draft.orders.push({ id, key, email, total, status: isPaid ? 'paid' : 'rejected', placedAt: at(ms) });
  draft.charges.push({ orderId: id, amount: total, status, decidedAt: at(ms + 60), ...payment });
  draft.ledger.push({ at: at(ms + 40), orderId: id, outcome: status, booked: isPaid, amount: total, ...payment });
  const placed = record(ORDER_PLACED, index, id, `placed-${index}`, ms);
  draft.records.push({ ...placed, orderId: id, amount: total, email });
  draft.records.push(
    isPaid
      ? { ...record(PAYMENT_CAPTURED, index, id, `paid-${index}`, ms + 60), orderId: id, amount: total, paymentId }
      : { ...record(PAYMENT_DECLINED, index, id, `declined-${index}`, ms + 60), orderId: id },
  );
  draft.mails.push({ at: at(ms + 30), orderId: id, kind: 'received', address: email });
  draft.mails.push({ at: at(ms + 90), orderId: id, kind: isPaid ? 'paid' : 'not paid', address: email });
  draft.sales.push({ orderId: id, placed: true, rejected: !isPaid, ...(isPaid && { paidCents: total.cents }) });
}

export const record = (topic: string, offset: number, key: string, id: string, ms: number): EventRecord => ({
  ...{ topic, partition: 0, offset, key, id, foreign: false, at: at(ms) },
});
