import type { EventRecord, History } from '../history.js';
import type { Findings } from './findings.js';
import { firstCopies, place } from './words.js';

/** The first copies of a key's events stand in the order in which they were said, in each partition. */
export function judgeOrderPerKey({ records }: History, findings: Findings): void {
  const latest = new Map<string, EventRecord>();
  for (const record of firstCopies(records.filter(isOrdered))) {
    const lane = `${record.topic} ${record.partition} ${record.key}`;
    const before = latest.get(lane);
    if (before?.revision !== undefined && record.revision !== undefined && record.revision <= before.revision)
      findings.wrong(
        'OUT_OF_ORDER',
        undefined,
        `Events of key ${record.key} stand in the wrong order: revision ${record.revision} at ${place(record)} comes after revision ${before.revision} at ${place(before)}.`,
      );
    else latest.set(lane, record);
  }
}

const isOrdered = ({ revision, foreign }: EventRecord): boolean => revision !== undefined && !foreign;

/** What the broker will never take is lost for those who wait for it, until somebody does something about it. */
export function judgeOutbox({ outbox = [], judged }: History, findings: Findings): void {
  for (const { service, position, id, topic, key, problem, storedAt } of outbox) {
    if (problem === undefined || (judged.since !== undefined && storedAt < judged.since)) continue;
    if (judged.orders && !judged.orders.has(key)) continue;
    findings.wrong(
      'SET_ASIDE',
      key,
      `Event ${id} of key ${key} for ${topic} is set aside in the outbox of ${service} (position ${position}): ${problem}.`,
    );
  }
}
