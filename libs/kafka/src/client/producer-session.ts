import type { Broker, Cluster } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaConnection } from './connection.js';
import { brokerErrorType, isPassing } from './failures.js';
import { BrokerRefusal, type PartitionBatch, produce } from './produce-request.js';
import { encodeRecordBatch } from './record-batch.js';
import type { OutgoingRecord } from './record.js';

/** Of a batch that the broker surely does not have; a fresh session may see the cluster as it is. */
const TRIES = 4;
/** Sequence numbers start again at 0 behind 2^31 - 1. */
const SEQUENCES = 2 ** 31;

/** A try that is not worth another one in this session: what the broker knows of it is not what it knows itself. */
const SESSION_IS_OVER = ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH'];
/** Refusals behind which the batch may stand in the leader's log all the same. */
const MAYBE_APPENDED = ['REQUEST_TIMED_OUT', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'NETWORK_EXCEPTION'];

/** kafkajs knows more than its types say. */
type WithProducerIds = Broker & {
  initProducerId(request: { transactionTimeout: number }): Promise<{ producerId: string; producerEpoch: number }>;
};

interface Batch extends PartitionBatch {
  /** `topic/partition`. */
  readonly where: string;
  /** True once a request with it left whose outcome is not known. */
  doubtful: boolean;
}

/**
 * One idempotent producer, from its producer id to its first send that did not succeed as a whole; after that it must be
 * dropped. Its sequence numbers are then those of a batch whose outcome nobody knows: the next one would be taken for a
 * copy, acknowledged and not written, or refused.
 */
export class ProducerSession {
  readonly #topics = new Set<string>();
  /** The next one, by `topic/partition`. */
  readonly #sequences = new Map<string, number>();
  #sending: Promise<unknown> | undefined;
  #closed = false;

  private constructor(
    private readonly cluster: Cluster,
    private readonly producerId: bigint,
    private readonly producerEpoch: number,
  ) {}

  static async connect(connection: KafkaConnection): Promise<ProducerSession> {
    // A request that takes its whole deadline leaves no time for another try.
    const requestTimeout = Math.min(4_000, connection.settings.publishTimeoutMs * 0.4);
    const cluster = connection.cluster({ requestTimeout });
    try {
      await cluster.connect();
      await cluster.refreshMetadataIfNecessary();
      const broker = (await cluster.findControllerBroker()) as WithProducerIds;
      const { producerId, producerEpoch } = await broker.initProducerId({ transactionTimeout: 60_000 });
      return new ProducerSession(cluster, BigInt(producerId), producerEpoch);
    } catch (error) {
      void cluster.disconnect().catch(() => undefined);
      throw error;
    }
  }

  /**
   * Resolves when every in-sync replica has all of them. One call at a time. Where answers are lost it goes on with the
   * same bytes until `close`: a time limit is the caller's.
   * @throws NotAllSentError
   */
  async send(records: readonly OutgoingRecord[]): Promise<void> {
    const sending = this.#send(this.#batchesOf(records));
    this.#sending = sending.catch(() => undefined);
    await sending;
  }

  /** Never rejects: what it held is the caller's to send again. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.cluster.disconnect().catch(() => undefined);
    if (!this.#sending) return;
    // A try that was connecting again has a connection now.
    await this.#sending;
    await this.cluster.disconnect().catch(() => undefined);
  }

  async #send(batches: readonly Batch[]): Promise<void> {
    let left = batches;
    for (let tries = 1, pauseMs = 100; ; tries++, pauseMs = Math.min(pauseMs * 2, 500)) {
      const failures = await this.#try(left);
      left = [...failures.keys()];
      const errors = [...failures.values()];
      if (errors.length === 0) return;
      const final = errors.find((error) => !isWorthAnother(error));
      // Only in this session does the broker know a copy by its sequence number, and drops it.
      const isInDoubt = left.some(({ doubtful }) => doubtful);
      if (final || this.#closed || (tries >= TRIES && !isInDoubt)) throw new NotAllSentError(left, final ?? errors[0]);
      await sleep(pauseMs);
      await this.#recover();
    }
  }

  /** @returns what failed, and why */
  async #try(batches: readonly Batch[]): Promise<Map<Batch, unknown>> {
    const failures = new Map<Batch, unknown>();
    const failAll = (all: readonly Batch[], error: unknown) => all.forEach((batch) => failures.set(batch, error));
    try {
      const byLeader = await this.#byLeader(batches, (batch) => failures.set(batch, new BrokerRefusal(NO_LEADER)));
      await Promise.all(
        [...byLeader].map(([leader, led]) =>
          this.#request(leader, led, failures).catch((error: unknown) => failAll(led, error)),
        ),
      );
    } catch (error) {
      failAll(batches, error);
    }
    return failures;
  }

  async #byLeader(batches: readonly Batch[], leaderless: (batch: Batch) => void): Promise<Map<number, Batch[]>> {
    const unknown = [...new Set(batches.map(({ topic }) => topic))].filter((topic) => !this.#topics.has(topic));
    if (unknown.length > 0) await this.cluster.addMultipleTargetTopics(unknown);
    for (const topic of unknown) this.#topics.add(topic);
    await this.cluster.refreshMetadataIfNecessary();
    const byLeader = new Map<number, Batch[]>();
    for (const batch of batches) {
      const partitions = this.cluster.findTopicPartitionMetadata(batch.topic);
      const leader = partitions.find(({ partitionId }) => partitionId === batch.partition)?.leader ?? -1;
      const led = byLeader.get(leader);
      if (leader < 0) leaderless(batch);
      else if (led) led.push(batch);
      else byLeader.set(leader, [batch]);
    }
    return byLeader;
  }

  async #request(leader: number, batches: readonly Batch[], failures: Map<Batch, unknown>): Promise<void> {
    const broker = await this.cluster.findBroker({ nodeId: String(leader) });
    try {
      const answers = await produce(broker, batches);
      for (const batch of batches) {
        const answer = answers.get(batch.where);
        const refused = answer ? answer.refused : new BrokerRefusal(NO_ANSWER);
        // An old copy of what this session has sent: the broker has it.
        if (!refused || refused.type === 'DUPLICATE_SEQUENCE_NUMBER') continue;
        failures.set(batch, refused);
        batch.doubtful ||= MAYBE_APPENDED.includes(refused.type);
      }
    } catch (error) {
      for (const batch of batches) batch.doubtful = true;
      const { name, host, port } = error as { name?: string; host?: string; port?: number };
      if (name === 'KafkaJSConnectionClosedError' && host !== undefined && port !== undefined) {
        await broker.disconnect();
        this.cluster.removeBroker({ host, port });
      }
      throw error;
    }
  }

  /** The next try says what is still wrong. */
  async #recover(): Promise<void> {
    if (this.#closed) return;
    try {
      if (!this.cluster.isConnected()) await this.cluster.connect();
      await this.cluster.refreshMetadata();
    } catch {
      // see above
    }
  }

  #batchesOf(records: readonly OutgoingRecord[]): Batch[] {
    const byPartition = new Map<string, [OutgoingRecord, ...OutgoingRecord[]]>();
    for (const record of records) {
      const where = `${record.topic}/${record.partition}`;
      const neighbours = byPartition.get(where);
      if (neighbours) neighbours.push(record);
      else byPartition.set(where, [record]);
    }
    const { producerId, producerEpoch } = this;
    const now = Date.now();
    return [...byPartition].map(([where, of]) => {
      const sequence = this.#sequences.get(where) ?? 0;
      this.#sequences.set(where, (sequence + of.length) % SEQUENCES);
      const bytes = encodeRecordBatch(of, { producerId, producerEpoch, sequence }, now);
      const [{ topic, partition }] = of;
      return { topic, partition, bytes, where, doubtful: false };
    });
  }
}

const NO_LEADER = 'LEADER_NOT_AVAILABLE';
const NO_ANSWER = 'NETWORK_EXCEPTION';

function isWorthAnother(error: unknown): boolean {
  const type = brokerErrorType(error) ?? '';
  // A broker learns of a new topic a little later than the controller.
  return type === 'UNKNOWN_TOPIC_OR_PARTITION' || (isPassing(error) && !SESSION_IS_OVER.includes(type));
}

/** All others of the request were written. */
export class NotAllSentError extends Error {
  /** `topic/partition` of each batch that the broker did not acknowledge → whether it may have it all the same. */
  readonly partitions: ReadonlyMap<string, { readonly doubtful: boolean }>;

  constructor(batches: readonly { where: string; doubtful: boolean }[], cause: unknown) {
    super(`The broker did not acknowledge ${batches.map(({ where }) => where).join(', ')}.`, { cause });
    this.partitions = new Map(batches.map(({ where, doubtful }) => [where, { doubtful }]));
  }
}
