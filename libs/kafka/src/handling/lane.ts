import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumedBatch, ConsumedRecord } from '../client/index.js';
import { RecordQueue } from './record-queue.js';

/** `settled`: handled, or safe in a dead letter. `interrupted`: it must be handled again, by whoever has the partition. */
export type Outcome = 'settled' | 'interrupted';

/** What the handling of one record may ask of its lane. */
export interface LaneControl {
  /** Fires when the partition is lost: others may be handling this record already, so its outcome is ignored. */
  readonly lost: AbortSignal;
  /** Milliseconds. False where the lane was frozen meanwhile: give the record back as `interrupted`. */
  pause(ms: number): Promise<boolean>;
}

/** Never rejects: what a handler throws is dealt with inside. */
export type HandleRecord = (record: ConsumedRecord, lane: LaneControl) => Promise<Outcome>;

export interface LaneLimits {
  /** Records and bytes that may wait; beyond, fetching from this partition pauses until half of them are handled. */
  readonly records: number;
  readonly bytes: number;
}

/** What a lane tells those who keep it. */
export interface LaneEvents {
  full(lane: Lane): void;
  drained(lane: Lane): void;
  progressed(lane: Lane): void;
  /** A batch began beyond `from`, where it should have: nothing of it was taken, fetch again from there. */
  gap(lane: Lane, from: bigint): void;
  /** There is nothing any more from `from` to `to`: deleted before it was read. */
  vanished(lane: Lane, from: bigint, to: bigint): void;
  /** Handling rejected, which it never should: the lane stands still until the next generation. */
  broke(lane: Lane, error: Error): void;
}

/** One partition's records, handled one at a time and in order, whatever the other lanes do. */
export class Lane implements LaneControl {
  /** Everything below is handled; undefined until the first record is. */
  position: bigint | undefined;
  committed: bigint | undefined;
  paused = false;
  readonly #lost = new AbortController();
  readonly #queue = new RecordQueue();
  #halt = new AbortController();
  #handling: bigint | undefined;
  #work: Promise<void> | undefined;
  /** Where this lane began to read. */
  #begin: bigint | undefined;
  /** End of the last batch of this generation. */
  #batchEnd: bigint | undefined;
  /** The next batch must not begin beyond; undefined where others may have read on. */
  #expected: bigint | undefined;
  #askedAgainFor: bigint | undefined;
  /** Since the membership ended, until the next generation. */
  #cutOff = false;
  /** Counts resets: a record that was in flight then is no longer the queue's first. */
  #epoch = 0;
  /** Counts logs: offsets of a topic that was deleted mean nothing in the one that has its name now. */
  #log = 0;

  constructor(
    readonly topic: string,
    readonly partition: number,
    private readonly handle: HandleRecord,
    private readonly limits: LaneLimits,
    private readonly events: LaneEvents,
  ) {}

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get frozen(): boolean {
    return this.#halt.signal.aborted;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Resolves when no handler runs. */
  get idle(): Promise<void> {
    return this.#work ?? Promise.resolve();
  }

  /** Takes a batch in the order of its offsets, leaving out what this lane has handled or is handling. */
  offer(batch: ConsumedBatch): void {
    if (this.#expected !== undefined && batch.highWatermark < this.#expected) this.#beginNewLog();
    if (this.#isBeyond(batch)) return;
    const first = batch.records[0];
    // The broker stands behind this lane: what it was told last did not arrive, so it is told again.
    if (first && this.position !== undefined && first.offset < this.position) this.committed = undefined;
    for (const record of batch.records) {
      if (this.position !== undefined && record.offset < this.position) continue;
      if (this.#handling !== undefined && record.offset <= this.#handling) continue;
      if (this.#batchEnd !== undefined && record.offset < this.#batchEnd) continue;
      this.#queue.add(record);
    }
    this.#begin ??= batch.fetchedOffset;
    this.#batchEnd = batch.lastOffset + 1n;
    this.#expected = this.#batchEnd;
    if (!this.#work && this.waiting === 0) this.#reachBatchEnd();
    if (this.waiting > this.limits.records || this.#queue.bytes > this.limits.bytes) this.events.full(this);
    this.#start();
  }

  async pause(ms: number): Promise<boolean> {
    try {
      await sleep(ms, undefined, { signal: this.#halt.signal });
      return true;
    } catch {
      return false;
    }
  }

  /** Begins nothing more; a handler that runs goes on. */
  freeze(): void {
    this.#halt.abort();
  }

  /** The membership ended without a word: from now on others may have this partition. */
  cutOff(): void {
    this.freeze();
    this.#cutOff = true;
  }

  /** A new generation in which the partition stayed here and the consumer goes on after what it delivered. */
  thaw(): void {
    if (this.frozen) this.#halt = new AbortController();
    this.#start();
  }

  /** A new generation in which the partition stayed here: kafkajs fetches again from what was committed. */
  reset(): void {
    this.#epoch++;
    this.#queue.clear();
    this.#batchEnd = undefined;
    this.#expected = this.#cutOff ? undefined : (this.position ?? this.#begin);
    this.#cutOff = false;
    // Others may have committed further meanwhile: an old position would take the group back.
    this.committed = this.position;
    this.thaw();
  }

  /** The partition went elsewhere: nothing of this lane counts any more. */
  abandon(reason: string): void {
    this.#epoch++;
    this.#queue.clear();
    this.freeze();
    this.#lost.abort(new Error(reason));
  }

  /**
   * With several brokers a fetch of the last generation can still be on its way when the next one begins:
   * 1. broker A is asked for this partition from 50 on, nothing of 5 to 49 is handled yet;
   * 2. broker B says its metadata is old; kafkajs joins again from inside that fetch, this lane drops its queue;
   * 3. A's answer arrives, is taken for the new generation's, and kafkajs goes on behind it: 5 to 49 would be lost.
   */
  #isBeyond({ fetchedOffset }: ConsumedBatch): boolean {
    const from = this.#expected;
    if (from === undefined || fetchedOffset <= from) return false;
    if (this.#askedAgainFor !== from) {
      this.#askedAgainFor = from;
      this.events.gap(this, from);
      return true;
    }
    this.events.vanished(this, from, fetchedOffset);
    return false;
  }

  /** The log is shorter than what was read of it: the topic was deleted and made again, what waits is of the old one. */
  #beginNewLog(): void {
    this.#log++;
    this.#epoch++;
    this.#queue.clear();
    this.position = undefined;
    this.committed = undefined;
    this.#handling = undefined;
    this.#begin = undefined;
    this.#batchEnd = undefined;
    this.#expected = undefined;
  }

  #start(): void {
    if (this.#work || this.frozen || this.waiting === 0) return;
    this.#work = this.#run().finally(() => {
      this.#work = undefined;
      // A batch may have come between the last look at the queue and here.
      this.#start();
    });
  }

  async #run(): Promise<void> {
    for (let record = this.#queue.first; record && !this.frozen; record = this.#queue.first) {
      const epoch = this.#epoch;
      const log = this.#log;
      this.#handling = record.offset;
      const outcome = await this.#handle(record);
      if (log === this.#log) this.#handling = undefined;
      if (this.lost.aborted || outcome === 'interrupted') return;
      if (epoch === this.#epoch) this.#removeFirst();
      if (log !== this.#log) continue;
      this.position = record.offset + 1n;
      if (this.waiting === 0) this.#reachBatchEnd();
      else this.events.progressed(this);
    }
  }

  async #handle(record: ConsumedRecord): Promise<Outcome> {
    try {
      return await this.handle(record, this);
    } catch (error) {
      this.freeze();
      this.events.broke(this, error as Error);
      return 'interrupted';
    }
  }

  #removeFirst(): void {
    this.#queue.removeFirst();
    if (!this.paused) return;
    const { records, bytes } = this.limits;
    if (this.waiting <= records / 2 && this.#queue.bytes <= bytes / 2) this.events.drained(this);
  }

  /** Past the control records that end a batch: without them the lag of a transactional topic never reaches 0. */
  #reachBatchEnd(): void {
    if (this.#batchEnd !== undefined && (this.position === undefined || this.#batchEnd > this.position)) {
      this.position = this.#batchEnd;
    }
    this.events.progressed(this);
  }
}
