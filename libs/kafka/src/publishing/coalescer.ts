import { setTimeout as sleep } from 'node:timers/promises';
import {
  describeFailure,
  isPassing,
  mayBeAboutAnotherTopic,
  NotAllSentError,
  type OutgoingRecord,
  sizeOf,
  withKey,
} from '../client/index.js';
import { NotPublishedError, OutcomeUnknownError } from '../errors.js';
import { type Chain, heldBack } from './chain.js';

/** One idempotent producer; after its first rejected send it must not be used again. */
export interface Session {
  send(records: readonly OutgoingRecord[]): Promise<void>;
  close(): Promise<void>;
}

export interface CoalescerLimits {
  /** How long a record may go on being tried, in ms. */
  readonly timeoutMs: number;
  /** Bytes of one partition in one request: the broker's limit is for each partition's batch. */
  readonly partitionBytes: number;
  readonly requestBytes: number;
  readonly requestRecords: number;
  /** What may wait, in bytes of memory, roughly. */
  readonly queueBytes: number;
}

export interface CoalescerCounts {
  /** A batch was sent again whose first answer was lost: each of its records may stand in its topic twice. */
  resent(records: number): void;
}

interface Entry {
  readonly record: OutgoingRecord;
  readonly size: number;
  /** Bytes of its partition that one request may hold. */
  readonly batchBytes: number;
  readonly deadline: number;
  readonly chain: Chain | undefined;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  /** True once a request with it has left: from then on its fate is the broker's. */
  attempted: boolean;
  settled: boolean;
}

export const LIMITS: CoalescerLimits = {
  timeoutMs: 20_000,
  partitionBytes: 900_000,
  requestBytes: 8_000_000,
  requestRecords: 10_000,
  queueBytes: 64_000_000,
};

/**
 * Sends what many callers have queued in one request, one request at a time, so that records of one key keep the order of
 * the calls. Any rejection ends the session, and a fresh one sends the same batch again, in order, until its deadline.
 */
export class Coalescer {
  #queue: Entry[] = [];
  /** Oldest first: those in the queue, and those in the request that is on its way. */
  readonly #unsettled = new Set<Entry>();
  #queuedBytes = 0;
  #expiry: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #scheduled = false;
  #session: Promise<Session> | undefined;
  /** True once a request has left in this session. */
  #sessionUsed = false;
  #closed = false;

  constructor(
    private readonly connect: () => Promise<Session>,
    private readonly counts: CoalescerCounts,
    private readonly limits: CoalescerLimits = LIMITS,
  ) {}

  /**
   * Resolves when every in-sync replica has the record. Rejects with NotPublishedError or OutcomeUnknownError.
   * @param maxBatchBytes what the record's topic takes in one batch
   * @param chain what must have gone well before it
   */
  send(record: OutgoingRecord, maxBatchBytes = Infinity, chain?: Chain): Promise<void> {
    const size = sizeOf(record);
    const refused = this.#refusal(record, size, chain);
    if (refused) {
      chain?.break();
      return Promise.reject(refused);
    }
    return new Promise((resolve, reject) => {
      const batchBytes = Math.min(maxBatchBytes, this.limits.partitionBytes);
      const deadline = performance.now() + this.limits.timeoutMs;
      const entry = { record, size, batchBytes, deadline, chain, resolve, reject, attempted: false, settled: false };
      this.#queue.push(entry);
      this.#unsettled.add(entry);
      this.#queuedBytes += roomOf(size);
      this.#watchDeadlines();
      this.#schedule();
    });
  }

  #refusal({ topic }: OutgoingRecord, size: number, chain: Chain | undefined): NotPublishedError | undefined {
    if (this.#closed) return closed();
    if (chain?.broken) return heldBack(topic);
    const { queueBytes } = this.limits;
    return this.#queuedBytes + roomOf(size) > queueBytes ? queueFull(topic, queueBytes) : undefined;
  }

  /** Sends what is queued, within its deadline, and takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#schedule();
    while (this.#queue.length > 0 || this.#sending) await (this.#sending ?? new Promise(setImmediate));
    this.#drop();
  }

  // All calls of one turn of the event loop share a request.
  #schedule(): void {
    if (this.#scheduled || this.#sending) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#sending ??= this.#sendAll().finally(() => {
        this.#sending = undefined;
        // A record may have come between the last look at the queue and here.
        if (this.#queue.length > 0) this.#schedule();
      });
    });
  }

  async #sendAll(): Promise<void> {
    while (this.#queue.length > 0) await this.#deliver(this.#takeBatch());
  }

  #takeBatch(): Entry[] {
    const perPartition = new Map<string, number>();
    let bytes = 0;
    let count = 0;
    for (const { record, size, batchBytes } of this.#queue) {
      const partition = `${record.topic}/${record.partition}`;
      const partitionBytes = (perPartition.get(partition) ?? 0) + size;
      bytes += size;
      const full = partitionBytes > batchBytes || bytes > this.limits.requestBytes;
      if (count > 0 && (full || count >= this.limits.requestRecords)) break;
      perPartition.set(partition, partitionBytes);
      count++;
    }
    return this.#queue.splice(0, count);
  }

  /** Settles every entry of the batch. */
  async #deliver(batch: Entry[]): Promise<void> {
    for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
      const entries = this.#inTime(batch);
      if (entries.length === 0) return;
      const fresh = !this.#sessionUsed;
      try {
        await this.#attempt(entries);
        for (const entry of entries) this.#settle(entry);
        return;
      } catch (error) {
        this.#drop();
        if (error instanceof NotAllSentError) this.#settleOthers(error, entries);
        // A topic that this session sent to earlier is gone: a fresh one asks for those of this request only.
        if (!fresh && mayBeAboutAnotherTopic(error)) continue;
        if (!isPassing(error)) return this.#isolate(this.#inTime(entries), error as Error);
      }
      if (this.#inTime(batch).length > 0) await sleep(pauseMs);
    }
  }

  #settleOthers({ partitions }: NotAllSentError, entries: readonly Entry[]): void {
    for (const entry of entries) {
      const left = partitions.get(`${entry.record.topic}/${entry.record.partition}`);
      if (!left) this.#settle(entry);
      // The broker has refused it: no copy can come of another try.
      else if (!left.doubtful) entry.attempted = false;
    }
  }

  #inTime(batch: readonly Entry[]): Entry[] {
    this.#expire();
    for (const entry of batch) if (entry.chain?.broken) this.#settle(entry, heldBack(entry.record.topic));
    return batch.filter((entry) => !entry.settled);
  }

  async #attempt(entries: Entry[]): Promise<void> {
    const lastDeadline = entries.at(-1)?.deadline ?? 0;
    const session = await this.#within(lastDeadline, this.#open());
    const again = entries.filter((entry) => entry.attempted).length;
    if (again > 0) this.counts.resent(again);
    for (const entry of entries) entry.attempted = true;
    this.#sessionUsed = true;
    await this.#within(lastDeadline, session.send(entries.map((entry) => entry.record)));
  }

  /** A request that the broker refuses is taken apart until the guilty record stands alone. */
  async #isolate(entries: Entry[], error: Error): Promise<void> {
    const [first] = entries;
    const isItsOwn = !(error instanceof NotAllSentError) || error.partitions.size === 1;
    if (entries.length === 1 && first && isItsOwn) {
      const { topic, partition, key } = first.record;
      const what = `a record of ${first.size} bytes${withKey(key)}`;
      const message = `${topic}/${partition} refused ${what}: ${describeFailure(error)}`;
      return this.#settle(first, new NotPublishedError('REFUSED', message, { cause: error }));
    }
    const topics = [...new Set(entries.map((entry) => entry.record.topic))];
    const half = entries.length >> 1;
    const parts =
      topics.length > 1
        ? topics.map((topic) => entries.filter((entry) => entry.record.topic === topic))
        : [entries.slice(0, half), entries.slice(half)];
    for (const part of parts) {
      if (mayBeAboutAnotherTopic(error)) this.#drop();
      await this.#deliver(part);
    }
  }

  /** One timer for all: deadlines come in the order of the calls. */
  #watchDeadlines(): void {
    const [oldest] = this.#unsettled;
    if (this.#expiry || !oldest) return;
    this.#expiry = setTimeout(
      () => {
        this.#expiry = undefined;
        this.#expire();
        this.#watchDeadlines();
      },
      Math.max(0, oldest.deadline - performance.now()),
    );
    this.#expiry.unref();
  }

  /** Rejects what is over its time, wherever it is: a request that hangs must not hold up the answer to its callers. */
  #expire(): void {
    const now = performance.now();
    for (const entry of this.#unsettled) {
      if (entry.deadline > now) return;
      const where = `${entry.record.topic}/${entry.record.partition}`;
      const { timeoutMs } = this.limits;
      // One that stood behind it expires in the same look: it was held back, whatever its own time says.
      const never = entry.chain?.broken ? heldBack(entry.record.topic) : brokerAway(where, timeoutMs);
      this.#settle(entry, entry.attempted ? outcomeUnknown(where, timeoutMs) : never);
    }
  }

  #settle(entry: Entry, error?: Error): void {
    if (entry.settled) return;
    entry.settled = true;
    this.#unsettled.delete(entry);
    this.#queuedBytes -= roomOf(entry.size);
    if (!error) return entry.resolve();
    entry.chain?.break();
    entry.reject(error);
  }

  #open(): Promise<Session> {
    this.#session ??= this.connect();
    return this.#session;
  }

  /** In the background: a broken connection may take seconds to close. */
  #drop(): void {
    const session = this.#session;
    this.#session = undefined;
    this.#sessionUsed = false;
    void session?.then((open) => open.close()).catch(() => undefined);
  }

  async #within<T>(deadline: number, work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new PublishTimeout()), Math.max(0, deadline - performance.now()));
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Its name says what `isPassing` looks for. */
class PublishTimeout extends Error {
  override readonly name = 'PublishTimeout';
}

/** What a record takes in memory beside its bytes, as measured: buffers, headers, promises. */
const RECORD_OVERHEAD = 1_000;

export const roomOf = (size: number): number => size + RECORD_OVERHEAD;

export const queueFull = (topic: string, limit: number): NotPublishedError =>
  new NotPublishedError('QUEUE_FULL', `Nothing more is taken for ${topic}: ${limit} bytes wait (publishQueueBytes).`);

export const brokerAway = (where: string, ms: number): NotPublishedError =>
  new NotPublishedError('BROKER_AWAY', `No broker could be reached within ${ms} ms for ${where}.`);

export const outcomeUnknown = (where: string, ms: number): OutcomeUnknownError =>
  new OutcomeUnknownError(`The broker did not say within ${ms} ms whether ${where} has the record.`);

export const closed = (): NotPublishedError =>
  new NotPublishedError('CLOSED', 'The service is stopping; nothing more is sent.');
