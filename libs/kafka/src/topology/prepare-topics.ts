import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BrokerAdmin, describeFailure, isPassing, type TopicFacts } from '../client/index.js';
import { NotReadyError } from '../errors.js';
import { untilDeadline } from '../handling/until-deadline.js';
import type { OwnedTopic, Topology } from './topology.js';

export interface PrepareOptions {
  /** Where the broker is, for the sentence that says it does not answer. */
  readonly address: string;
  readonly production: boolean;
  /** Milliseconds. */
  readonly brokerTimeoutMs: number;
  /** How long to wait for topics of other services, in ms. */
  readonly topicTimeoutMs: number;
}

/**
 * Creates the service's own topics where they are missing, and waits for those of others, whose services create them.
 * In production nothing is created and nothing waited for.
 * @throws NotReadyError where no broker answers, or naming every topic that is missing and its owner
 */
export async function prepareTopics(topology: Topology, admin: BrokerAdmin, options: PrepareOptions): Promise<void> {
  const logger = new Logger('Topology');
  const { owns, reads, asks, service } = topology;
  const owners = new Map([...owns.map(({ topic }) => [topic, service] as const)]);
  for (const { topic, owner } of [...reads, ...asks]) owners.set(topic, owner);
  const found = await firstLook(admin, [...owners.keys()], options);
  const missing = owns.filter(({ topic }) => !found.has(topic));
  if (missing.length > 0 && !options.production) {
    logger.log(`Creating ${missing.map(({ topic }) => topic).join(', ')}`);
    await create(missing, admin, options);
    // Their leaders are the broker's to make, and a busy one takes its time: no less than a start waits for it.
    const own = new Map(missing.map(({ topic }) => [topic, service]));
    const patience = Math.max(options.brokerTimeoutMs, options.topicTimeoutMs);
    await waitForTopics(own, found, admin, patience, sayMissing);
  }
  const waitMs = options.production ? 0 : options.topicTimeoutMs;
  const say = options.production ? sayMissingInProduction : sayMissing;
  const there = await waitForTopics(owners, found, admin, waitMs, say);
  for (const { topic, partitions } of owns) {
    const actual = there.get(topic)?.partitions ?? partitions;
    if (actual !== partitions) logger.warn(`${topic} has ${actual} partitions; its contract says ${partitions}.`);
  }
}

async function firstLook(
  admin: BrokerAdmin,
  topics: readonly string[],
  { address, brokerTimeoutMs }: PrepareOptions,
): Promise<Map<string, TopicFacts>> {
  try {
    return await untilDeadline(brokerTimeoutMs, () => admin.topics(topics));
  } catch (cause) {
    const what = isPassing(cause) ? 'Kafka does not answer' : 'Kafka refuses this service';
    throw new NotReadyError(`${what} at ${address}: ${describeFailure(cause)}`, { cause });
  }
}

async function create(missing: readonly OwnedTopic[], admin: BrokerAdmin, options: PrepareOptions): Promise<void> {
  try {
    await untilDeadline(options.brokerTimeoutMs, () => admin.createTopics(missing));
  } catch (cause) {
    const topics = missing.map(({ topic }) => topic).join(', ');
    const reason = describeFailure(cause);
    throw new NotReadyError(`Kafka at ${options.address} does not create ${topics}: ${reason}`, { cause });
  }
}

async function waitForTopics(
  owners: ReadonlyMap<string, string>,
  found: Map<string, TopicFacts>,
  admin: BrokerAdmin,
  timeoutMs: number,
  say: (missing: readonly Owned[]) => string,
): Promise<Map<string, TopicFacts>> {
  const deadline = Date.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    const missing = [...owners].filter(([topic]) => !found.has(topic));
    if (missing.length === 0) return found;
    if (Date.now() >= deadline) throw new NotReadyError(say(missing), { cause });
    await sleep(200);
    const names = missing.map(([topic]) => topic);
    try {
      const looked = await untilDeadline(deadline - Date.now(), () => admin.topics(names));
      for (const [topic, facts] of looked) found.set(topic, facts);
    } catch (error) {
      // A broker that is slow or away meanwhile has its time up to the same deadline.
      if (!isPassing(error)) throw error;
      cause = error;
    }
  }
}

/** A topic and the service that creates it. */
type Owned = readonly [topic: string, owner: string];

const sayMissing = (missing: readonly Owned[]): string =>
  `${nameMissing(missing)} The owner creates them when it starts: is it running?`;

const sayMissingInProduction = (missing: readonly Owned[]): string =>
  `${nameMissing(missing)} With NODE_ENV=production nothing is created; \`node dist/main.js --topology\` prints what the service needs.`;

function nameMissing(missing: readonly Owned[]): string {
  const list = missing.map(([topic, owner]) => `${topic} (of ${owner})`).join(', ');
  return `These topics do not exist, or this service may not see them: ${list}.`;
}
