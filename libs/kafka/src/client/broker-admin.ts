import type { Admin, Cluster } from 'kafkajs';
import type { KafkaConnection } from './connection.js';
import { type ConfigEntry, describeTopics } from './describe-topics.js';
import { isPassing, MetadataNotLoaded } from './failures.js';
import type { Position } from './record.js';

export interface TopicFacts {
  readonly partitions: number;
  /** The largest record batch it accepts, in bytes. */
  readonly maxBytes: number;
}

/** A topic at this moment. */
export interface TopicNow extends TopicFacts {
  /** How many partitions nobody leads: new ones for a moment, others while a broker is away. What is sent there waits. */
  readonly leaderless: number;
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

const MAX_BYTES = 'max.message.bytes';
/** Kafka's default of it. */
const DEFAULT_MAX_BYTES = 1_048_588;
const REQUEST_MS = 5_000;

/** What a service asks of a broker beside records: topics and groups. One connection, made when first needed. */
export class BrokerAdmin {
  #current: AdminConnection | undefined;

  constructor(private readonly connection: KafkaConnection) {}

  /** Topics that don't exist, or that one may not see, are missing in the answer. */
  async topics(names: readonly string[]): Promise<Map<string, TopicNow>> {
    const found = await this.#use(({ cluster }) => describeTopics(cluster, names, [MAX_BYTES]));
    return new Map(
      [...found].map(([name, { partitions, leaderless, config }]) => {
        // Where the right to describe it is lacking, the broker's default is assumed.
        const maxBytes = Number(config?.get(MAX_BYTES)?.value ?? DEFAULT_MAX_BYTES);
        return [name, { partitions, leaderless, maxBytes }];
      }),
    );
  }

  /** Names of all topics that one may see. */
  async topicNames(): Promise<string[]> {
    return this.#use(({ admin }) => admin.listTopics());
  }

  /** Where each partition of a topic begins and ends; the end is that of the last record that may be read. */
  async bounds(topic: string): Promise<ReadonlyMap<number, { readonly low: bigint; readonly high: bigint }>> {
    const found = await this.#use(({ admin }) => admin.fetchTopicOffsets(topic));
    return new Map(found.map(({ partition, low, high }) => [partition, { low: BigInt(low), high: BigInt(high) }]));
  }

  /**
   * How long each topic keeps its records at most, in ms, Infinity: for ever. One that does not exist, or that one may not
   * ask about, is missing.
   */
  async keptMs(topics: readonly string[]): Promise<Map<string, number>> {
    const found = await this.#use(({ cluster }) => describeTopics(cluster, topics, KEEPING));
    const kept = new Map<string, number>();
    for (const [topic, { config }] of found) if (config) kept.set(topic, longest(config));
    return kept;
  }

  /** Creates what is missing. Replicas that start side by side create the same topics at once: that is no error. */
  async createTopics(topics: readonly TopicToCreate[]): Promise<void> {
    await this.#use(async ({ admin }) => {
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
    return this.#use(async ({ admin }) => {
      const found = topics.map(async (topic) => ({ topic, partitions: await admin.fetchTopicOffsets(topic) }));
      return (await Promise.all(found)).flatMap(({ topic, partitions }) =>
        partitions
          .map(({ partition, low, high }) => ({ topic, partition, low: BigInt(low), high: BigInt(high) }))
          .sort((one, other) => one.partition - other.partition),
      );
    });
  }

  /** The first offset of each partition whose record is of that time or later; its end where there is none. */
  async offsetsAt(topic: string, time: number): Promise<Map<number, bigint>> {
    return this.#use(async ({ admin }) => {
      const found = await admin.fetchTopicOffsetsByTimestamp(topic, time);
      return new Map(found.map(({ partition, offset }) => [partition, BigInt(offset)]));
    });
  }

  /** What a group has committed: partitions where it has nothing are missing. Of all topics where none is named. */
  async committed(groupId: string, topics: readonly string[] = []): Promise<Position[]> {
    return this.#use(async ({ admin }) => {
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
    return this.#use(async ({ admin }) => {
      const { groups } = await admin.describeGroups([groupId]);
      const { state = 'Dead', members = [] } = groups[0] ?? {};
      return { state, members: members.map(({ clientId }) => clientId).sort() };
    });
  }

  /** Removes groups that were for a while only; one that is gone already is no error. */
  async deleteGroups(groupIds: readonly string[]): Promise<void> {
    if (groupIds.length > 0) await this.#use(({ admin }) => admin.deleteGroups([...groupIds]));
  }

  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.end();
  }

  async #use<T>(work: (clients: Clients) => Promise<T>): Promise<T> {
    const asked = (this.#current ??= this.#open());
    asked.questions++;
    try {
      return await work(await asked.clients);
    } catch (thrown) {
      const error = withoutAnswer(thrown) ?? thrown;
      // A connection that failed once is not used again.
      if (isPassing(error) && this.#current === asked) this.#current = undefined;
      throw error;
    } finally {
      // Nor is it ended under those who asked beside the one that failed.
      if (--asked.questions === 0 && this.#current !== asked) void asked.end();
    }
  }

  #open(): AdminConnection {
    const opened = new AdminConnection(this.#connect());
    // Whoever asked hears of it.
    opened.clients.catch(() => {
      if (this.#current === opened) this.#current = undefined;
    });
    return opened;
  }

  async #connect(): Promise<Clients> {
    const admin = this.connection.kafka({ requestTimeout: REQUEST_MS }).admin();
    await admin.connect();
    return { admin, cluster: this.connection.cluster({ requestTimeout: REQUEST_MS }) };
  }
}

/** The cluster connects when it is asked. */
interface Clients {
  readonly admin: Admin;
  readonly cluster: Cluster;
}

/** One connection of each, and how many questions are on their way. */
class AdminConnection {
  questions = 0;
  #ended: Promise<void> | undefined;

  constructor(readonly clients: Promise<Clients>) {}

  /** Where it was never made, or is broken already, there is nothing to end. */
  end(): Promise<void> {
    this.#ended ??= this.clients.then(disconnect).catch(() => undefined);
    return this.#ended;
  }
}

/** kafkajs gathers what went wrong; with one topic there is one reason. */
const firstOf = (error: unknown): Error => (error as { errors?: readonly Error[] }).errors?.[0] ?? (error as Error);

async function disconnect({ admin, cluster }: Clients): Promise<void> {
  await Promise.all([admin.disconnect(), cluster.disconnect()]);
}

/**
 * kafkajs swallows what kept a broker from answering, and takes the answer apart that it does not have: a TypeError. Without
 * the cause, by which what passes is told from what does not. Source: `withBroker` of kafkajs' brokerPool.js.
 */
function withoutAnswer(error: unknown): MetadataNotLoaded | undefined {
  if ((error as Error).name !== 'TypeError') return undefined;
  return new MetadataNotLoaded(`No broker has answered (kafkajs: ${(error as Error).message}).`);
}

const KEEPING = ['retention.ms', 'segment.ms', 'cleanup.policy'];

/** Kafka deletes whole segments, and a segment once its last record is too old. */
function longest(config: ReadonlyMap<string, ConfigEntry>): number {
  const retentionMs = Number(config.get('retention.ms')?.value ?? -1);
  const isDeleted = (config.get('cleanup.policy')?.value ?? 'delete').includes('delete');
  if (!isDeleted || retentionMs < 0) return Infinity;
  return retentionMs + Number(config.get('segment.ms')?.value ?? 0);
}
