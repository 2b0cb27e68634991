import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BrokerAdmin, describeFailure, isPassing, type TopicNow } from '../client/index.js';
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
 * In production nothing is created and nothing waited for, but leaders: a broker that is away is back, or another leads.
 * @throws NotReadyError where no broker answers, or naming every topic that is missing, or led by nobody, and its owner
 */
export async function prepareTopics(topology: Topology, admin: BrokerAdmin, options: PrepareOptions): Promise<void> {
  const logger = new Logger('Topology');
  const { owns, reads, asks, service } = topology;
  const owners = new Map([...owns.map(({ topic }) => [topic, service] as const)]);
  for (const { topic, owner } of [...reads, ...asks]) owners.set(topic, owner);
  const found = await firstLook(admin, [...owners.keys()], options);
  const missing = owns.filter(({ topic }) => !found.has(topic));
  // Leaders are the broker's to make, and a busy one takes its time: no less than a start waits for it.
  const leadersMs = Math.max(options.brokerTimeoutMs, options.topicTimeoutMs);
  if (missing.length > 0 && !options.production) {
    logger.log(`Creating ${missing.map(({ topic }) => topic).join(', ')}`);
    await create(missing, admin, options);
    const own = new Map(missing.map(({ topic }) => [topic, service]));
    await waitForTopics(own, found, admin, { thereMs: leadersMs, leadersMs, say: sayMissing });
  }
  const thereMs = options.production ? 0 : options.topicTimeoutMs;
  const say = options.production ? sayMissingInProduction : sayMissing;
  await waitForTopics(owners, found, admin, { thereMs, leadersMs, say });
  for (const { topic, partitions } of owns) {
    const actual = found.get(topic)?.partitions ?? partitions;
    if (actual !== partitions) logger.warn(`${topic} has ${actual} partitions; its contract says ${partitions}.`);
  }
}

async function firstLook(
  admin: BrokerAdmin,
  topics: readonly string[],
  { address, brokerTimeoutMs }: PrepareOptions,
): Promise<Map<string, TopicNow>> {
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

interface Patience {
  /** How long a topic may be missing, in ms. */
  readonly thereMs: number;
  /** How long a partition may be without a leader, in ms. */
  readonly leadersMs: number;
  readonly say: (missing: readonly Owned[]) => string;
}

/** @param found what is known, and what comes to be known */
async function waitForTopics(
  owners: ReadonlyMap<string, string>,
  found: Map<string, TopicNow>,
  admin: BrokerAdmin,
  { thereMs, leadersMs, say }: Patience,
): Promise<void> {
  const start = performance.now();
  let cause: unknown;
  for (;;) {
    const waiting = [...owners].filter(([topic]) => found.get(topic)?.leaderless !== 0);
    if (waiting.length === 0) return;
    const missing = waiting.filter(([topic]) => !found.has(topic));
    const leftMs = start + (missing.length > 0 ? thereMs : leadersMs) - performance.now();
    if (leftMs <= 0) throw new NotReadyError(missing.length > 0 ? say(missing) : sayLeaderless(waiting), { cause });
    await sleep(200);
    const names = waiting.map(([topic]) => topic);
    try {
      const looked = await untilDeadline(leftMs, () => admin.topics(names));
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

const sayLeaderless = (topics: readonly Owned[]): string =>
  `No broker leads some partitions of ${listed(topics)}: those that have them are away.`;

const nameMissing = (missing: readonly Owned[]): string =>
  `These topics do not exist, or this service may not see them: ${listed(missing)}.`;

const listed = (topics: readonly Owned[]): string =>
  topics.map(([topic, owner]) => `${topic} (of ${owner})`).join(', ');
