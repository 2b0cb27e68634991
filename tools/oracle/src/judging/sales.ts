import { type History, PAYMENT_CAPTURED } from '../history.js';
import type { CaseFile } from './case-file.js';
import type { Findings } from './findings.js';
import { isDecided, price } from './words.js';

/** Analytics has heard of the order what the others have said. */
export function judgeSale(file: CaseFile, findings: Findings): void {
  const { orderId, stored, charge, sale } = file;
  if (!findings.history.sales || !stored) return;
  if (!sale?.placed)
    findings.missing('NOT_COUNTED', file, `Order ${orderId} is stored, and analytics has not counted it.`);
  if (!isDecided(charge)) return;
  if (charge.status === 'declined') {
    if (!sale?.rejected)
      findings.missing('NOT_COUNTED', file, `Order ${orderId} is declined, and analytics has not counted that.`);
  } else if (sale?.paidCents === undefined) {
    findings.missing('NOT_COUNTED', file, `Order ${orderId} is paid, and analytics has not counted that.`);
  } else if (sale.paidCents !== charge.amount.cents) {
    const { currency } = charge.amount;
    findings.wrong(
      'WRONG_AMOUNT',
      orderId,
      `Order ${orderId} was charged ${price(charge.amount)}, and analytics has counted ${price({ cents: sale.paidCents, currency })}.`,
    );
  }
}

/** Why the running sums can not be compared with the charges; undefined where they can. */
export function whyTakingsAreNotJudged({ judged, takings, records, orders, unfinished }: History): string | undefined {
  if (judged.orders) return 'analytics keeps one sum of all orders, and these are some of them';
  if (judged.since !== undefined) return 'analytics keeps one sum of all orders, the earlier ones too';
  if (!takings) return 'analytics keeps none';
  if (unfinished.length > 0) return 'something is still under way';
  if (orders.some(({ placedAt }) => judged.until !== undefined && placedAt > judged.until))
    return 'orders were placed while the shop was looked at';
  if (records.some(({ topic, foreign }) => foreign && topic === PAYMENT_CAPTURED))
    return 'others than billing have told of payments';
  return undefined;
}

/** A running sum shows what a row for each order hides: an event that was handled twice, or not. */
export function judgeTakings(history: History, findings: Findings): void {
  if (whyTakingsAreNotJudged(history) !== undefined) return;
  const expected = new Map<string, { cents: number; payments: number }>();
  for (const { status, amount } of history.charges) {
    if (status !== 'captured') continue;
    const sum = expected.get(amount.currency) ?? { cents: 0, payments: 0 };
    expected.set(amount.currency, { cents: sum.cents + amount.cents, payments: sum.payments + 1 });
  }
  const found = new Map((history.takings ?? []).map(({ currency, ...sum }) => [currency, sum]));
  for (const currency of new Set([...expected.keys(), ...found.keys()])) {
    const charged = expected.get(currency) ?? NOTHING;
    const counted = found.get(currency) ?? NOTHING;
    if (charged.cents === counted.cents && charged.payments === counted.payments) continue;
    findings.wrong(
      'WRONG_SUM',
      undefined,
      `Billing has captured ${price({ ...charged, currency })} in ${charged.payments} payments, and analytics has counted ${price({ ...counted, currency })} in ${counted.payments}.`,
    );
  }
}

const NOTHING = { cents: 0, payments: 0 };
