import kafkajs, { type Admin, type Cluster } from 'kafkajs';
import { alterTopicConfigs, type ConfigChange } from './alter-configs.js';
import type { KafkaConnection } from './connection.js';
import { brokerErrorType, rootCause } from './failures.js';

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

  /** Names of all topics that one may see, sorted; Kafka's own are left out. */
  async names(): Promise<string[]> {
    return (await this.#admin.listTopics()).filter((topic) => !topic.startsWith('__')).sort();
  }

  /** @param topics that exist */
  async describe(topics: readonly string[]): Promise<Map<string, TopicState>> {
    if (topics.length === 0) return new Map();
    const { topics: found } = await this.#admin.fetchTopicMetadata({ topics: [...topics] });
    const { resources } = await this.#admin.describeConfigs({
      includeSynonyms: false,
      resources: topics.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
    });
    const configs = new Map(
      resources.map(({ resourceName, configEntries }) => [
        resourceName,
        new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
      ]),
    );
    return new Map(
      found.map(({ name, partitions }) => [
        name,
        { partitions: partitions.length, config: configs.get(name) ?? new Map() },
      ]),
    );
  }

  /** @param validateOnly the broker looks at it, and changes nothing */
  async grow(topic: string, partitions: number, validateOnly: boolean): Promise<void> {
    await this.#admin.createPartitions({ validateOnly, topicPartitions: [{ topic, count: partitions }] });
  }

  /** Changes what is named and nothing else. @throws SettingsError where the broker refuses */
  async alter(topic: string, changes: readonly ConfigChange[], validateOnly: boolean): Promise<void> {
    await alterTopicConfigs(await this.#cluster.findControllerBroker(), topic, changes, validateOnly);
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

  async close(): Promise<void> {
    await this.#admin.disconnect().catch(() => undefined);
    await this.#cluster.disconnect().catch(() => undefined);
  }
}

/** The broker's answer to a topic that it does not grow, for people. */
export function whyNotGrown(error: unknown): string | undefined {
  const { errors = [error] } = error as { errors?: readonly unknown[] };
  const type = brokerErrorType(errors[0]);
  return type === undefined ? undefined : `${type}: ${rootCause(errors[0]).message}`;
}
