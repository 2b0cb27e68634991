import { setTimeout as sleep } from 'node:timers/promises';
import type { OutboxEvent } from '../history.js';
import type { Broker } from './broker.js';

const POLL_MS = 200;

export interface Settled {
  /** What was placed until then is done, where nothing is unfinished. */
  readonly until: string;
  /** In sentences. */
  readonly unfinished: readonly string[];
}

/**
 * Waits until nothing is under way, in two looks one after the other. An event goes from outbox to group to outbox to group:
 * 1. the first look has the groups after the outboxes; 2. the second has the outboxes after the groups. So none slips through.
 */
export async function settle(look: () => Promise<string[]>, waitMs: number): Promise<Settled> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const until = new Date().toISOString();
    const first = await look();
    const unfinished = first.length > 0 ? first : await look();
    if (unfinished.length === 0 || Date.now() > deadline) return { until, unfinished };
    await sleep(POLL_MS);
  }
}

/** What is not said yet. */
export const waiting = (outbox: readonly OutboxEvent[]): string[] => {
  const events = outbox.filter(({ problem }) => problem === undefined);
  return [...new Set(events.map(({ service }) => service))].map((service) => {
    const its = events.filter((event) => event.service === service);
    return `The outbox of ${service} has ${counted(its.length, 'event')} to say.`;
  });
};

/**
 * What the groups of a service have before them: events and requests first, then what is tried again; of the latter only
 * what concerns these orders, where some are named: others' attempts may go on for more than a minute.
 */
export async function unhandled(broker: Broker, service: string, orders?: ReadonlySet<string>): Promise<string[]> {
  const topics = await broker.topics();
  const { state, topics: assigned } = await broker.group(service);
  if (state === 'Dead') return [`There is no group ${service}: has ${service} ever run?`];
  if (state !== 'Stable' && state !== 'Empty') return [`The group ${service} is changing hands (${state}).`];
  const heard = assigned.size > 0 ? [...assigned] : await broker.committedTopics(service);
  const retries = topics.filter((topic) => topic.startsWith(`${service}.retry.`));
  return [
    ...(await behind(
      broker,
      service,
      heard.filter((topic) => topics.includes(topic)),
    )),
    ...(!orders || (await hasRecordOf(broker, retries, orders))
      ? await behind(broker, `${service}.retry`, retries)
      : []),
  ];
}

async function hasRecordOf(broker: Broker, topics: readonly string[], orders: ReadonlySet<string>): Promise<boolean> {
  let found = false;
  await broker.read(topics, ({ message }) => (found ||= orders.has(message.key?.toString() ?? '')));
  return found;
}

async function behind(broker: Broker, groupId: string, topics: readonly string[]): Promise<string[]> {
  const sentences: string[] = [];
  for (const topic of topics) {
    const lag = await broker.lag(groupId, topic);
    if (lag > 0) sentences.push(`The group ${groupId} has ${counted(lag, 'record')} of ${topic} before it.`);
  }
  return sentences;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
