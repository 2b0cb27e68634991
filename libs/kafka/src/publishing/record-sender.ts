import { type OutgoingRecord, sizeOf, type TopicFacts } from '../client/index.js';
import { NotPublishedError } from '../errors.js';
import { closed, type Coalescer } from './coalescer.js';
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

interface Call {
  readonly draft: Draft;
  readonly resolve: (partition: Promise<number>) => void;
  readonly reject: (error: unknown) => void;
}

/** What a batch adds around its records, generously. */
const BATCH_OVERHEAD = 200;

/** Checks each record before it is queued, so that one bad message never fails or delays its neighbours. */
export class RecordSender {
  #next = Math.floor(Math.random() * 1_000);
  readonly #waiting = new Map<string, Call[]>();
  readonly #questions = new Set<Promise<void>>();
  #closed = false;

  constructor(
    private readonly topics: Pick<TopicDirectory, 'known' | 'find' | 'forget'>,
    private readonly coalescer: Pick<Coalescer, 'send' | 'close'>,
  ) {}

  /**
   * Resolves with the partition when every in-sync replica has the record.
   * @throws NotPublishedError, OutcomeUnknownError
   */
  send(draft: Draft): Promise<number> {
    if (this.#closed) return Promise.reject(closed());
    // Without a wait where the topic is known: calls that nobody awaits keep their order.
    const facts = this.#waiting.has(draft.topic) ? undefined : this.topics.known(draft.topic);
    return facts ? this.#queue(draft, facts) : this.#whenKnown(draft);
  }

  /** Sends what was given before, within its deadline, and takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#questions);
    await this.coalescer.close();
  }

  /** Calls that wait for a topic's facts are queued in one go when these come, before any later call. */
  #whenKnown(draft: Draft): Promise<number> {
    const { topic } = draft;
    return new Promise((resolve, reject) => {
      const call = { draft, resolve, reject };
      const waiting = this.#waiting.get(topic);
      if (waiting) return void waiting.push(call);
      this.#waiting.set(topic, [call]);
      const question = this.topics.find(topic).then(
        (facts) => this.#release(topic, (each) => each.resolve(this.#queue(each.draft, facts))),
        (error: unknown) => this.#release(topic, (each) => each.reject(error)),
      );
      this.#questions.add(question);
      void question.finally(() => this.#questions.delete(question));
    });
  }

  #release(topic: string, go: (call: Call) => void): void {
    const calls = this.#waiting.get(topic) ?? [];
    this.#waiting.delete(topic);
    calls.forEach(go);
  }

  async #queue(draft: Draft, facts: TopicFacts): Promise<number> {
    const partition = this.#choosePartition(draft, facts);
    checkSize(draft, facts);
    const { topic, key, value, headers } = draft;
    try {
      await this.coalescer.send({ topic, partition, key, value, headers }, facts.maxBytes - BATCH_OVERHEAD);
      return partition;
    } catch (error) {
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
