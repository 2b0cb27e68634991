import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Cluster } from 'kafkajs';
import { SettingsError } from '../errors.js';
import { alterTopicConfigs, type ConfigChange } from './alter-configs.js';
import type { KafkaConnection } from './connection.js';
import { describeTopics, type TopicDescription } from './describe-topics.js';
import { brokerErrorType, rootCause } from './failures.js';

/** The controller answers before the brokers know of a change: how long that may take, and how often they are asked, in ms. */
const KNOWN_WITHIN_MS = 5_000;
const ASKED_EVERY_MS = 50;

async function untilKnown(isKnown: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + KNOWN_WITHIN_MS;
  while (!(await isKnown()) && performance.now() < end) await sleep(ASKED_EVERY_MS);
}

/** A topic as the broker has it. */
export interface TopicState {
  readonly partitions: number;
  /** All its settings, by Kafka's name, the broker's defaults included. */
  readonly config: ReadonlyMap<string, string>;
}

/** Where records of a partition lie. */
export interface PartitionRange {
  readonly partition: number;
  readonly low: number;
  /** The first that is younger than what was asked for; the end where none is. */
  readonly cut: number;
}

/** What an operator asks of a broker about topics. */
export class TopicAdmin {
  readonly #admin: Admin;
  readonly #cluster: Cluster;

  constructor(connection: KafkaConnection) {
    this.#admin = connection.kafka({ requestTimeout: 10_000 }).admin();
    this.#cluster = connection.cluster({ requestTimeout: 10_000 });
  }

  async connect(): Promise<void> {
    await this.#admin.connect();
    await this.#cluster.connect();
    await this.#cluster.refreshMetadataIfNecessary();
  }

  /**
   * Topics by name, sorted; those that don't exist, or that one may not see, are missing.
   * @param topics all, Kafka's own left out, where they are not named
   * @throws SettingsError where the right to describe one of them is lacking
   */
  async describe(topics?: readonly string[]): Promise<Map<string, TopicState>> {
    const found = await describeTopics(this.#cluster, topics);
    const asked = [...found].filter(([name]) => topics !== undefined || !name.startsWith('__'));
    const states = asked.map(([name, description]) => [name, stateOf(name, description)] as const);
    return new Map(states.sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  /**
   * Resolves when whoever asks next sees it.
   * @param validateOnly the broker looks at it, and changes nothing
   */
  async grow(topic: string, partitions: number, validateOnly: boolean): Promise<void> {
    await this.#admin.createPartitions({ validateOnly, topicPartitions: [{ topic, count: partitions }] });
    if (!validateOnly) await untilKnown(async () => (await this.#partitionsOf(topic)) >= partitions);
  }

  /**
   * Changes what is named and nothing else. Resolves when whoever asks next sees it.
   * @throws SettingsError where the broker refuses
   */
  async alter(topic: string, changes: readonly ConfigChange[], validateOnly: boolean): Promise<void> {
    await alterTopicConfigs(await this.#cluster.findControllerBroker(), topic, changes, validateOnly);
    if (!validateOnly) await untilKnown(() => this.#isSet(topic, changes));
  }

  /** Of each partition where it begins, and where what is younger than `ageMs` does. */
  async olderThan(topic: string, ageMs: number): Promise<PartitionRange[]> {
    const ends = await this.#admin.fetchTopicOffsets(topic);
    const cuts = await this.#admin.fetchTopicOffsetsByTimestamp(topic, Date.now() - ageMs);
    const byPartition = new Map(cuts.map(({ partition, offset }) => [partition, Number(offset)]));
    return ends.map(({ partition, low, high }) => ({
      partition,
      low: Number(low),
      cut: byPartition.get(partition) ?? Number(high),
    }));
  }

  /** Where a group goes on, by partition; a partition that it has committed nothing of is missing. */
  async committed(groupId: string, topic: string): Promise<Map<number, number>> {
    const [found] = await this.#admin.fetchOffsets({ groupId, topics: [topic] });
    return new Map(
      (found?.partitions ?? [])
        .map(({ partition, offset }) => [partition, Number(offset)] as const)
        .filter(([, offset]) => offset >= 0),
    );
  }

  async #partitionsOf(topic: string): Promise<number> {
    return (await describeTopics(this.#cluster, [topic])).get(topic)?.partitions ?? 0;
  }

  async #isSet(topic: string, changes: readonly ConfigChange[]): Promise<boolean> {
    const names = changes.map(({ name }) => name);
    const config = (await describeTopics(this.#cluster, [topic], names)).get(topic)?.config;
    return changes.every(({ name, value }) => {
      const entry = config?.get(name);
      return value === null ? entry?.isOwn === false : entry?.value === value;
    });
  }

  async close(): Promise<void> {
    await this.#admin.disconnect().catch(() => undefined);
    await this.#cluster.disconnect().catch(() => undefined);
  }
}

function stateOf(topic: string, { partitions, config }: TopicDescription): TopicState {
  if (!config)
    throw new SettingsError(`This user may not see the settings of ${topic}: it needs DescribeConfigs on it.`);
  return { partitions, config: new Map([...config].map(([name, { value }]) => [name, value])) };
}

/** The broker's answer to a topic that it does not grow, for people. */
export function whyNotGrown(error: unknown): string | undefined {
  const { errors = [error] } = error as { errors?: readonly unknown[] };
  const type = brokerErrorType(errors[0]);
  return type === undefined ? undefined : `${type}: ${rootCause(errors[0]).message}`;
}
