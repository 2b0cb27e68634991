import { type OutgoingRecord, sizeOf, type TopicFacts, withKey } from '../client/index.js';
import { NotPublishedError, type NotPublishedReason } from '../errors.js';
import type { Chain } from './chain.js';
import { closed, type Coalescer, type CoalescerLimits, LIMITS } from './coalescer.js';
import { partitionOf } from './partition-of.js';
import type { TopicDirectory } from './topic-directory.js';
import { UnknownTopics } from './unknown-topics.js';

/** A record as a caller gives it. */
export interface Draft {
  readonly topic: string;
  /** null: the records are spread over the partitions. */
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: OutgoingRecord['headers'];
  /** Default: chosen by the key, as Java's clients do. */
  readonly partition?: number;
  /** What must have gone well before it. */
  readonly chain?: Chain | undefined;
}

/** What a batch adds around its records, generously. */
const BATCH_OVERHEAD = 200;

/** Checks each record before it is queued, so that one bad message never fails or delays its neighbours. */
export class RecordSender {
  #next = Math.floor(Math.random() * 1_000);
  readonly #unknown: UnknownTopics;
  #closed = false;

  constructor(
    private readonly topics: Pick<TopicDirectory, 'known' | 'find' | 'forget'>,
    private readonly coalescer: Pick<Coalescer, 'send' | 'close'>,
    limits: Pick<CoalescerLimits, 'timeoutMs' | 'queueBytes'> = LIMITS,
  ) {
    this.#unknown = new UnknownTopics(topics, limits);
  }

  /**
   * Resolves with the partition when every in-sync replica has the record.
   * @throws NotPublishedError, OutcomeUnknownError
   */
  send(draft: Draft): Promise<number> {
    const wrong = this.#closed ? closed() : mistakeIn(draft);
    if (wrong) {
      draft.chain?.break();
      return Promise.reject(wrong);
    }
    // Without a wait where the topic is known: calls that nobody awaits keep their order.
    const facts = this.#unknown.has(draft.topic) ? undefined : this.topics.known(draft.topic);
    if (facts) return this.#queue(draft, facts);
    const waiting = this.#unknown.wait(draft.topic, sizeOf(draft), (found) => this.#queue(draft, found));
    void waiting.catch(() => draft.chain?.break());
    return waiting;
  }

  /** What is known to be wrong with a record before it is sent; what a topic takes is asked for in the background. */
  mistakeIn(draft: Draft): NotPublishedError | undefined {
    const facts = this.topics.known(draft.topic);
    // Whatever comes of it is known to who sends it.
    if (!facts) void this.topics.find(draft.topic).catch(() => undefined);
    return mistakeIn(draft) ?? (facts && oversizeOf(draft, facts));
  }

  /** Sends what was given before, within its deadline, and takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#unknown.settled();
    await this.coalescer.close();
  }

  async #queue(draft: Draft, facts: TopicFacts): Promise<number> {
    const { topic, key, value, headers, chain } = draft;
    try {
      const partition = this.#choosePartition(draft, facts);
      const oversize = oversizeOf(draft, facts);
      if (oversize) throw oversize;
      await this.coalescer.send({ topic, partition, key, value, headers }, facts.maxBytes - BATCH_OVERHEAD, chain);
      return partition;
    } catch (error) {
      // Without a wait where it was never queued: the next of its chain is given in the same turn.
      chain?.break();
      // Deleted, or changed: what is known of it is asked again.
      if (error instanceof NotPublishedError && error.reason === 'REFUSED') this.topics.forget(topic);
      throw error;
    }
  }

  // Chosen once: a keyless record would move on a resend.
  #choosePartition({ topic, key, partition }: Draft, facts: TopicFacts): number {
    if (partition === undefined) return key ? partitionOf(key, facts.partitions) : this.#next++ % facts.partitions;
    if (Number.isInteger(partition) && partition >= 0 && partition < facts.partitions) return partition;
    const range = `it has 0 to ${facts.partitions - 1}`;
    const what = `Topic ${topic} has no partition ${partition} for a record${withKey(key)}`;
    throw new NotPublishedError('UNKNOWN_PARTITION', `${what}: ${range}.`);
  }
}

/** kafkajs would throw a TypeError for the whole request, or send something else. */
function mistakeIn({ topic, key, value, headers }: Draft): NotPublishedError | undefined {
  const refuse = (reason: NotPublishedReason, what: string, found: unknown) =>
    new NotPublishedError(reason, `${what} of a record for ${topic} is of type ${typeof found}; bytes are needed.`);
  if (key !== null && !Buffer.isBuffer(key)) return refuse('INVALID_KEY', 'The key', key);
  if (value !== null && !Buffer.isBuffer(value)) return refuse('INVALID_VALUE', 'The value', value);
  for (const name in headers) {
    const header = headers[name];
    if (Buffer.isBuffer(header)) continue;
    const values: readonly unknown[] = Array.isArray(header) ? header : [header];
    const wrong = values.findIndex((value) => !Buffer.isBuffer(value));
    if (wrong >= 0) return refuse('INVALID_HEADER', `Header ${name}`, values[wrong]);
  }
  return undefined;
}

function oversizeOf(draft: Draft, facts: TopicFacts): NotPublishedError | undefined {
  const size = sizeOf(draft) + BATCH_OVERHEAD;
  if (size <= facts.maxBytes) return undefined;
  return new NotPublishedError(
    'TOO_LARGE',
    `A record of ${size} bytes${withKey(draft.key)} is too large for ${draft.topic}, which takes ${facts.maxBytes} (max.message.bytes).`,
  );
}
