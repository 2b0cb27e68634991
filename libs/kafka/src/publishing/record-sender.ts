import { type OutgoingRecord, sizeOf, type TopicFacts } from '../client/index.js';
import { NotPublishedError } from '../errors.js';
import type { Coalescer } from './coalescer.js';
import { partitionOf } from './partition-of.js';
import type { TopicDirectory } from './topic-directory.js';

/** A record as a caller gives it. */
export interface Draft {
  readonly topic: string;
  /** null: the records are spread over the partitions. */
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: OutgoingRecord['headers'];
  /** Default: chosen by the key, as Java's clients do. */
  readonly partition?: number;
}

/** What a batch adds around one record, generously. */
const BATCH_OVERHEAD = 200;

/** Checks each record before it is queued, so that one bad message never fails or delays its neighbours. */
export class RecordSender {
  #next = Math.floor(Math.random() * 1_000);

  constructor(
    private readonly topics: TopicDirectory,
    private readonly coalescer: Coalescer,
  ) {}

  /**
   * Resolves with the partition when every in-sync replica has the record.
   * @throws NotPublishedError, OutcomeUnknownError
   */
  async send(draft: Draft): Promise<number> {
    // Without a wait where the topic is known: calls that nobody awaits keep their order.
    const facts = this.topics.known(draft.topic) ?? (await this.topics.find(draft.topic));
    const partition = this.#choosePartition(draft, facts);
    checkSize(draft, facts);
    const { topic, key, value, headers } = draft;
    await this.coalescer.send({ topic, partition, key, value, headers });
    return partition;
  }

  close(): Promise<void> {
    return this.coalescer.close();
  }

  // Chosen once: a keyless record would move on a resend.
  #choosePartition({ topic, key, partition }: Draft, facts: TopicFacts): number {
    if (partition === undefined) return key ? partitionOf(key, facts.partitions) : this.#next++ % facts.partitions;
    if (Number.isInteger(partition) && partition >= 0 && partition < facts.partitions) return partition;
    const range = `it has 0 to ${facts.partitions - 1}`;
    throw new NotPublishedError('UNKNOWN_PARTITION', `Topic ${topic} has no partition ${partition}: ${range}.`);
  }
}

function checkSize(draft: Draft, facts: TopicFacts): void {
  const size = sizeOf(draft) + BATCH_OVERHEAD;
  if (size <= facts.maxBytes) return;
  const key = draft.key ? ` with key ${draft.key.toString('utf8').slice(0, 100)}` : '';
  throw new NotPublishedError(
    'TOO_LARGE',
    `A record of ${size} bytes${key} is too large for ${draft.topic}, which takes ${facts.maxBytes} (max.message.bytes).`,
  );
}
