import type { Fault, History } from '../history.js';
import type { CaseFile } from './case-file.js';
import { place, price } from './words.js';

interface Moment {
  readonly at: string;
  readonly what: string;
}

/** All that is known of one order, and the faults beside it, by time. */
export function timelineOf(file: CaseFile, { faults }: History): string[] {
  const moments = [...ofOrder(file), ...ofPayment(file), ...ofRecords(file), ...ofOthers(file)];
  const times = moments.map(({ at }) => at).sort();
  const beside = faults.filter((fault) => isBeside(fault, times[0], times.at(-1)));
  const all = [...moments, ...beside.map(({ at, kind, target }) => ({ at, what: `fault: ${kind} of ${target}` }))];
  return all.sort((a, b) => a.at.localeCompare(b.at)).map(({ at, what }) => `${at}  ${what}`);
}

const ofOrder = ({ accepted, stored }: CaseFile): Moment[] => [
  ...accepted.map(({ at, key, total }) => ({
    at,
    what: `the customer is told: accepted, ${price(total)} (key ${key ?? 'none'})`,
  })),
  ...(stored
    ? [{ at: stored.placedAt, what: `orders stores it, ${price(stored.total)}; it is ${stored.status} now` }]
    : []),
];

const ofPayment = ({ charge, attempts }: CaseFile): Moment[] => [
  ...attempts.map(({ at, outcome, booked, paymentId = '', amount }) => ({
    at,
    what: `payment provider: ${outcome}${booked ? `, booked ${price(amount)}` : ''} ${paymentId}`.trimEnd(),
  })),
  ...(charge?.decidedAt ? [{ at: charge.decidedAt, what: `billing: ${charge.status} ${charge.paymentId ?? ''}` }] : []),
];

const ofRecords = ({ placed, captured, declined }: CaseFile): Moment[] =>
  [...placed, ...captured, ...declined].map((record) => ({
    at: record.at,
    what: `${place(record)} (${record.id})${record.foreign ? ', not said by its service' : ''}`,
  }));

const ofOthers = ({ mails, deadLetters, outbox }: CaseFile): Moment[] => [
  ...mails.map(({ at, kind, address }) => ({ at, what: `mail to ${address}: ${kind}` })),
  ...deadLetters.map(({ at, service, id, code }) => ({ at, what: `dead letter ${id} of ${service}: ${code}` })),
  ...outbox.map(({ storedAt, service, position, topic, problem }) => ({
    at: storedAt,
    what: `outbox of ${service}, position ${position}: ${topic} ${problem ?? 'waits'}`,
  })),
];

const BESIDE_MS = 5_000;

function isBeside({ at, until = at }: Fault, first = '', last = ''): boolean {
  return Date.parse(until) >= Date.parse(first) - BESIDE_MS && Date.parse(at) <= Date.parse(last) + BESIDE_MS;
}
