import { type EventRecord, ORDER_PLACED } from '../history.js';
import type { CaseFile } from './case-file.js';
import type { Findings } from './findings.js';
import { firstCopies, place, places, price, sameMoney } from './words.js';

/** What a customer was told is stored, under the key that it was told for. */
export function judgeAnswers({ orderId, accepted, stored }: CaseFile, findings: Findings): void {
  const [answer] = accepted;
  if (answer && !stored)
    findings.wrong(
      'LOST',
      orderId,
      `Order ${orderId} was accepted at ${answer.at} (key ${answer.key ?? 'none'}), and the database of orders has no such order.`,
    );
  if (!stored) return;
  for (const { at, key, total } of accepted) {
    if ((key ?? stored.key) !== stored.key || !sameMoney(total, stored.total))
      findings.wrong(
        'NOT_AS_TOLD',
        orderId,
        `Order ${orderId} was accepted at ${at} with key ${key ?? 'none'} for ${price(total)}, and is stored with key ${stored.key} for ${price(stored.total)}.`,
      );
  }
}

/** An order is said once, as it is stored; and nothing is said of an order that is not there. */
export function judgeOrderEvents(file: CaseFile, findings: Findings): void {
  const { orderId, stored } = file;
  const said = firstCopies(file.placed);
  if (!stored) {
    for (const record of said) phantom(orderId, record, findings);
    return;
  }
  if (said.length === 0 && isWhole(file, ORDER_PLACED, findings))
    findings.missing(
      'NO_EVENT',
      file,
      `Order ${orderId} is stored (${stored.placedAt}), and ${ORDER_PLACED} has no event of it.`,
    );
  if (said.length > 1) twoIdentities(orderId, said, findings);
  for (const record of said) {
    if (record.amount && !sameMoney(record.amount, stored.total))
      findings.wrong(
        'WRONG_AMOUNT',
        orderId,
        `Order ${orderId} costs ${price(stored.total)} in the database of orders, and ${price(record.amount)} in ${place(record)}.`,
      );
  }
}

export function phantom(orderId: string, record: EventRecord, findings: Findings): void {
  findings.wrong(
    'EVENT_WITHOUT_ORDER',
    orderId,
    `${place(record)} (${record.id}) tells of order ${orderId}, and the database of orders has no such order.`,
  );
}

export function twoIdentities(orderId: string, said: readonly EventRecord[], findings: Findings): void {
  findings.wrong(
    'TWO_IDENTITIES',
    orderId,
    `Of order ${orderId} one event was expected, and there are ${said.length} with identities of their own: ${places(said)}.`,
  );
}

/** Whether the topic still holds what was said of this order. */
export function isWhole({ stored }: CaseFile, topic: string, { history }: Findings): boolean {
  const since = history.wholeSince[topic];
  return since === undefined || (stored !== undefined && stored.placedAt >= since);
}
