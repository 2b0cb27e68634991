import kafkajs, { type Admin } from 'kafkajs';
import type { KafkaConnection } from './connection.js';
import { brokerErrorType, isPassing } from './failures.js';

export interface TopicFacts {
  readonly partitions: number;
  /** The largest record batch it accepts, in bytes. */
  readonly maxBytes: number;
}

export interface TopicToCreate {
  readonly topic: string;
  readonly partitions: number;
  /** Names and values as Kafka knows them, e.g. `retention.ms`. */
  readonly config: Readonly<Record<string, string>>;
}

/** Kafka's default of `max.message.bytes`. */
const DEFAULT_MAX_BYTES = 1_048_588;

/** What a service asks of a broker beside records: topics and groups. One connection, made when first needed. */
export class BrokerAdmin {
  #admin: Promise<Admin> | undefined;

  constructor(private readonly connection: KafkaConnection) {}

  /** Topics that don't exist, or that one may not see, are missing in the answer. */
  async topics(names: readonly string[]): Promise<Map<string, TopicFacts>> {
    if (names.length === 0) return new Map();
    return this.#use(async (admin) => {
      const partitions = new Map<string, number>();
      for (const name of names) {
        // One by one: a single missing name fails the whole question.
        const found = await partitionsOf(admin, name);
        if (found !== undefined) partitions.set(name, found);
      }
      const limits = await maxBytesOf(admin, [...partitions.keys()]);
      return new Map(
        [...partitions].map(([name, count]) => [
          name,
          { partitions: count, maxBytes: limits.get(name) ?? DEFAULT_MAX_BYTES },
        ]),
      );
    });
  }

  /** Names of all topics that one may see. */
  async topicNames(): Promise<string[]> {
    return this.#use((admin) => admin.listTopics());
  }

  /** Where each partition of a topic begins and ends; the end is that of the last record that may be read. */
  async bounds(topic: string): Promise<ReadonlyMap<number, { readonly low: bigint; readonly high: bigint }>> {
    const found = await this.#use((admin) => admin.fetchTopicOffsets(topic));
    return new Map(found.map(({ partition, low, high }) => [partition, { low: BigInt(low), high: BigInt(high) }]));
  }

  /** Creates what is missing. Replicas that start side by side create the same topics at once: that is no error. */
  async createTopics(topics: readonly TopicToCreate[]): Promise<void> {
    await this.#use(async (admin) => {
      for (const { topic, partitions, config } of topics) {
        const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
        // -1: as the broker's settings say.
        const wanted = { topic, numPartitions: partitions, replicationFactor: -1, configEntries };
        // False where it exists already.
        await admin.createTopics({ topics: [wanted], waitForLeaders: false }).catch((error: unknown) => {
          throw firstOf(error);
        });
      }
    });
  }

  /** Removes groups that were for a while only; one that is gone already is no error. */
  async deleteGroups(groupIds: readonly string[]): Promise<void> {
    if (groupIds.length > 0) await this.#use((admin) => admin.deleteGroups([...groupIds]));
  }

  async close(): Promise<void> {
    const admin = this.#admin;
    this.#admin = undefined;
    await (await admin?.catch(() => undefined))?.disconnect();
  }

  async #use<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    this.#admin ??= this.#connect();
    try {
      return await work(await this.#admin);
    } catch (error) {
      // A connection that failed once is not used again.
      if (isPassing(error)) await this.close().catch(() => undefined);
      throw error;
    }
  }

  async #connect(): Promise<Admin> {
    const admin = this.connection.kafka({ requestTimeout: 5_000 }).admin();
    try {
      await admin.connect();
      return admin;
    } catch (error) {
      this.#admin = undefined;
      throw error;
    }
  }
}

/** kafkajs gathers what went wrong; with one topic there is one reason. */
const firstOf = (error: unknown): Error => (error as { errors?: readonly Error[] }).errors?.[0] ?? (error as Error);

async function partitionsOf(admin: Admin, topic: string): Promise<number | undefined> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics[0]?.partitions ?? [];
    // Without a leader a partition takes nothing yet.
    return partitions.length > 0 && partitions.every(({ leader }) => leader >= 0) ? partitions.length : undefined;
  } catch (error) {
    const type = brokerErrorType(error) ?? '';
    if (['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'TOPIC_AUTHORIZATION_FAILED'].includes(type))
      return undefined;
    throw error;
  }
}

/** Empty where the right to describe topics is lacking: then the broker's default is assumed. */
async function maxBytesOf(admin: Admin, topics: readonly string[]): Promise<Map<string, number>> {
  if (topics.length === 0) return new Map();
  const type = kafkajs.ConfigResourceTypes.TOPIC;
  const resources = topics.map((name) => ({ type, name, configNames: ['max.message.bytes'] }));
  try {
    const answer = await admin.describeConfigs({ includeSynonyms: false, resources });
    return new Map(
      answer.resources.map(({ resourceName, configEntries }) => [
        resourceName,
        Number(configEntries[0]?.configValue ?? DEFAULT_MAX_BYTES),
      ]),
    );
  } catch (error) {
    if (/AUTHORIZATION/.test(brokerErrorType(error) ?? '')) return new Map();
    throw error;
  }
}
