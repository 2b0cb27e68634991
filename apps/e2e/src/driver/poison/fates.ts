import type { Step } from '@fieldguide/poison';
import type { Message } from 'kafkajs';
import { header, type SeenRecord } from '../broker.js';
import { eventually } from '../eventually.js';
import type { Handled } from '../journal.js';
import type { Shop } from '../shop.js';
import { idOf } from './goods.js';

/** Who reads a topic: a service, and in how many of its replicas each message is handled. */
export interface Reader {
  readonly service: string;
  readonly copies: number;
}

/** What a step has come to at one service. */
export interface Fate {
  readonly name: string;
  readonly handled: number;
  readonly letters: number;
}

const OUTCOMES = ['handled', 'answered', 'unanswered'];

/** What the list says. @param kind of topic */
export function expectedFates(steps: readonly Step[], copies: number, kind: 'event' | 'unanswerable'): Fate[] {
  return steps.map(({ name, messages, here }) => {
    const times = messages.length * copies;
    const end = here[kind];
    return { name, handled: end === 'handled' ? times : 0, letters: end === 'dead-letter' ? times : 0 };
  });
}

/** What the journals and the dead letters say, when as much was handled as the list says, or half a minute later. */
export async function fatesAt(
  shop: Shop,
  service: string,
  steps: readonly Step[],
  expected: readonly Fate[],
): Promise<Fate[]> {
  const ids = new Set(steps.map(({ good }) => idOf(good)));
  const wanted = expected.reduce((sum, { handled }) => sum + handled, 0);
  let lines: Handled[] = [];
  const allHandled = () => {
    lines = shop.handled({}).filter((line) => ids.has(line.id) && isOf(service, line));
    return lines.length >= wanted;
  };
  // Which ones are missing is told by who compares.
  await eventually(`${service} handles ${wanted} messages`, allHandled).catch(() => undefined);
  const letters = await shop.deadLetters(service);
  return steps.map(({ name, good, messages }) => ({
    name,
    handled: lines.filter(({ id }) => id === idOf(good)).length,
    letters: letters.filter((letter) => header(letter, 'ce_id') === idOf(good) && isWhole(letter, messages)).length,
  }));
}

/** With the very bytes of what was sent; a value that came compressed, and is larger than a dead letter may be, is left out. */
function isWhole({ key, value, headers }: SeenRecord, [sent]: readonly Message[]): boolean {
  const [bytes, sentBytes] = [value, sent?.value].map((part) => part && Buffer.from(part));
  if (headers['dead-letter-value-dropped'])
    return header({ headers }, 'dead-letter-value-dropped') === `${sentBytes?.length}`;
  return (
    key === (sent?.key?.toString() ?? null) && (bytes && sentBytes ? bytes.equals(sentBytes) : bytes === sentBytes)
  );
}

/** Its groups, whatever they are for, are called after it. That it hears of another's dead letter is no part of this. */
const isOf = (service: string, { group, outcome, topic }: Handled): boolean =>
  (group === service || group.startsWith(`${service}.`)) &&
  OUTCOMES.includes(outcome) &&
  !topic.endsWith('.dead-letters');

/** Resolves when a service has dealt with all that is in a topic. */
export const settled = (shop: Shop, group: string, topic: string): Promise<boolean> =>
  eventually(`${group} has settled ${topic}`, async () => (await shop.broker.lag(group, topic)) === 0);
