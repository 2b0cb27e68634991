import kafkajs, { type Admin } from 'kafkajs';
import type { KafkaConnection } from './connection.js';
import { brokerErrorType, isPassing, MetadataNotLoaded } from './failures.js';
import type { Position } from './record.js';

export interface TopicFacts {
  readonly partitions: number;
  /** The largest record batch it accepts, in bytes. */
  readonly maxBytes: number;
}

/** Where a partition begins and ends at this moment. */
export interface Ends {
  readonly topic: string;
  readonly partition: number;
  /** The first offset that is still there. */
  readonly low: bigint;
  /** The offset of what comes next; of what a transaction has not committed yet, its first. */
  readonly high: bigint;
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

  /** Topics that don't exist, or that one may not see, are missing in the answer; all, where a broker has yet to hear of one. */
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
      if (!limits) return new Map<string, TopicFacts>();
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
    const found = await this.#use((admin) => offsetsOf(admin, topic));
    return new Map(found.map(({ partition, low, high }) => [partition, { low: BigInt(low), high: BigInt(high) }]));
  }

  /**
   * How long each topic keeps its records at most, in ms, Infinity: for ever. A topic that one may not ask about is missing.
   */
  async keptMs(topics: readonly string[]): Promise<Map<string, number>> {
    const kept = new Map<string, number>();
    // One by one: a single refusal fails the whole question.
    for (const topic of topics) {
      const config = await this.#use((admin) => configOf(admin, topic, KEEPING));
      if (config) kept.set(topic, longest(config));
    }
    return kept;
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

  /**
   * Each partition's begin and end.
   * @throws what the broker answers where a topic does not exist or may not be read
   */
  async ends(topics: readonly string[]): Promise<Ends[]> {
    return this.#use(async (admin) => {
      const found = topics.map(async (topic) => ({ topic, partitions: await offsetsOf(admin, topic) }));
      return (await Promise.all(found)).flatMap(({ topic, partitions }) =>
        partitions
          .map(({ partition, low, high }) => ({ topic, partition, low: BigInt(low), high: BigInt(high) }))
          .sort((one, other) => one.partition - other.partition),
      );
    });
  }

  /** The first offset of each partition whose record is of that time or later; its end where there is none. */
  async offsetsAt(topic: string, time: number): Promise<Map<number, bigint>> {
    return this.#use(async (admin) => {
      const found = await admin.fetchTopicOffsetsByTimestamp(topic, time);
      return new Map(found.map(({ partition, offset }) => [partition, BigInt(offset)]));
    });
  }

  /** What a group has committed: partitions where it has nothing are missing. Of all topics where none is named. */
  async committed(groupId: string, topics: readonly string[] = []): Promise<Position[]> {
    return this.#use(async (admin) => {
      const found = await admin.fetchOffsets(topics.length > 0 ? { groupId, topics: [...topics] } : { groupId });
      return found.flatMap(({ topic, partitions }) =>
        partitions
          .map(({ partition, offset }) => ({ topic, partition, offset: BigInt(offset) }))
          .filter(({ offset }) => offset >= 0n)
          .sort((one, other) => one.partition - other.partition),
      );
    });
  }

  /** State and members of a group; one that does not exist is `Dead`. */
  async group(groupId: string): Promise<{ readonly state: string; readonly members: readonly string[] }> {
    return this.#use(async (admin) => {
      const { groups } = await admin.describeGroups([groupId]);
      const { state = 'Dead', members = [] } = groups[0] ?? {};
      return { state, members: members.map(({ clientId }) => clientId).sort() };
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

/** kafkajs takes an empty answer apart, which is what it has of a topic whose leaders it does not know yet. */
async function offsetsOf(admin: Admin, topic: string): ReturnType<Admin['fetchTopicOffsets']> {
  try {
    return await admin.fetchTopicOffsets(topic);
  } catch (error) {
    if ((error as Error).name !== 'TypeError') throw error;
    // Without the cause, by which what passes is told from what does not.
    throw new MetadataNotLoaded(`No broker says yet who leads ${topic}.`);
  }
}

const KEEPING = ['retention.ms', 'segment.ms', 'cleanup.policy'];

/** Undefined where the right to describe it is lacking. */
async function configOf(admin: Admin, name: string, configNames: string[]): Promise<Map<string, string> | undefined> {
  const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames }];
  try {
    const answer = await admin.describeConfigs({ includeSynonyms: false, resources });
    const entries = answer.resources.flatMap(({ configEntries }) => configEntries);
    return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
  } catch (error) {
    if (/AUTHORIZATION/.test(brokerErrorType(error) ?? '')) return undefined;
    throw error;
  }
}

/** Kafka deletes whole segments, and a segment once its last record is too old. */
function longest(config: ReadonlyMap<string, string>): number {
  const retentionMs = Number(config.get('retention.ms') ?? -1);
  const isDeleted = (config.get('cleanup.policy') ?? 'delete').includes('delete');
  if (!isDeleted || retentionMs < 0) return Infinity;
  return retentionMs + Number(config.get('segment.ms') ?? 0);
}

/**
 * Empty where the right to describe topics is lacking: then the broker's default is assumed. Undefined where one of several
 * brokers has told of a topic, and another, which is asked for its settings, has not heard of it yet.
 */
async function maxBytesOf(admin: Admin, topics: readonly string[]): Promise<Map<string, number> | undefined> {
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
    const type = brokerErrorType(error) ?? '';
    if (/AUTHORIZATION/.test(type)) return new Map();
    if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined;
    throw error;
  }
}
