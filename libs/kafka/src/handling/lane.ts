import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumedBatch, ConsumedRecord } from '../client/index.js';
import { type LaneControl, OneTry, type Outcome } from './lane-control.js';
import { LaneHold } from './lane-hold.js';
import { type Entry, LaneQueue, type Passed } from './lane-queue.js';

/** Never rejects: what a handler throws is dealt with inside. */
export type HandleRecord = (record: ConsumedRecord, lane: LaneControl) => Promise<Outcome>;

/** What the handling of a run may ask of its lane. */
export interface RunControl extends LaneControl {
  /** Nothing more is to begin. */
  readonly frozen: boolean;
}

/** What became of a run: so many from its begin are settled, the others wait again. */
export interface RunResult {
  readonly settled: number;
  /** How large the runs are that come next; those after them are as large as they may be. */
  readonly next: readonly number[];
}

/** Handles several records of a lane as one. Never rejects. */
export interface LaneRuns {
  /** Records of one run. */
  readonly most: number;
  /** @param records two at least */
  handle(records: readonly ConsumedRecord[], lane: RunControl): Promise<RunResult>;
}

export interface LaneLimits {
  /**
   * Records and bytes that may wait, and how far others may get ahead of one that is not settled; beyond, fetching from
   * this partition pauses until half of them are handled.
   */
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

/**
 * One partition's records, handled in order whatever the other lanes do: one at a time, or some side by side with one of
 * each key.
 */
export class Lane implements RunControl {
  committed: bigint | undefined;
  paused = false;
  readonly #lost = new AbortController();
  readonly #queue: LaneQueue;
  #halt = newHalt();
  readonly #hold = new LaneHold(() => this.#start());
  readonly #workers = new Set<Promise<void>>();
  /** Where this lane began to read. */
  #begin: bigint | undefined;
  /** End of the last batch of this generation. */
  #batchEnd: bigint | undefined;
  /** The next batch must not begin beyond; undefined where others may have read on. */
  #expected: bigint | undefined;
  #askedAgainFor: bigint | undefined;
  /** Since the membership ended, until the next generation. */
  #cutOff = false;
  /** Since then, until the first batch says where the group stands. */
  #unsure = false;
  /** How large the next runs are. */
  #sizes: readonly number[] = [];

  constructor(
    readonly topic: string,
    readonly partition: number,
    concurrency: number,
    private readonly handle: HandleRecord,
    private readonly limits: LaneLimits,
    private readonly events: LaneEvents,
    /** Not where several run side by side. */
    private readonly runs?: LaneRuns,
  ) {
    this.#queue = new LaneQueue(concurrency);
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get frozen(): boolean {
    return this.#halt.signal.aborted;
  }

  /** Bytes of the records that are not settled. */
  get bytes(): number {
    return this.#queue.bytes;
  }

  /** What may be committed: everything below is handled. Undefined where the broker knows it, or others may know better. */
  get due(): bigint | undefined {
    const { position } = this.#queue;
    return position === this.committed || this.#unsure ? undefined : position;
  }

  /** The first record that is not handled; undefined before the first batch, where the group has committed nothing. */
  get at(): bigint | undefined {
    return this.#queue.position ?? this.#begin ?? this.#expected;
  }

  /** Resolves when no handler runs. */
  get idle(): Promise<unknown> {
    return Promise.all(this.#workers);
  }

  /** The membership had ended, and the group has gone on since: what is handled or runs here is no news any more. */
  isOvertakenBy({ fetchedOffset }: ConsumedBatch): boolean {
    const from = this.#queue.position ?? this.#begin;
    return this.#unsure && from !== undefined && fetchedOffset > from;
  }

  /** Takes a batch in the order of its offsets, leaving out what this lane has handled or is handling. */
  offer(batch: ConsumedBatch): void {
    this.#unsure = false;
    if (this.#expected !== undefined && batch.highWatermark < this.#expected) this.#beginNewLog();
    if (this.#isBeyond(batch)) return;
    const { position } = this.#queue;
    const first = batch.records[0];
    // The broker stands behind this lane: what it was told last did not arrive, so it is told again.
    if (first && position !== undefined && first.offset < position) this.committed = undefined;
    const from = max(position, this.#batchEnd);
    for (const record of batch.records) {
      if (from === undefined || record.offset >= from) this.#queue.add(record);
    }
    this.#begin ??= batch.fetchedOffset;
    this.#batchEnd = batch.lastOffset + 1n;
    this.#expected = this.#batchEnd;
    if (this.#queue.open === 0) this.#reachBatchEnd();
    if (this.#queue.length > this.limits.records || this.#queue.bytes > this.limits.bytes) this.events.full(this);
    this.#start();
  }

  /** Where the group stands; a lane that has read knows better. */
  expect(offset: bigint): void {
    if (this.#begin === undefined) this.#expected ??= offset;
  }

  async pause(ms: number, wake?: AbortSignal): Promise<boolean> {
    const halt = this.#halt.signal;
    const signal = wake ? AbortSignal.any([halt, wake]) : halt;
    // It rejects where it is woken, and has no other reason to.
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    return !halt.aborted;
  }

  hold(): (() => void) | undefined {
    return this.#hold.take();
  }

  released(): Promise<boolean> {
    return this.#hold.released(this.#halt.signal);
  }

  async tryAnother(than: Passed): Promise<boolean> {
    const entry = this.frozen ? undefined : this.#queue.takeOther(than);
    if (!entry) return false;
    await this.#handle(entry, new OneTry(this.lost));
    return true;
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
    if (this.frozen) this.#halt = newHalt();
    this.#start();
  }

  /** A new generation in which the partition stayed here: kafkajs fetches again from what was committed. */
  reset(): void {
    const { position } = this.#queue;
    this.#queue.dropWaiting();
    this.#sizes = [];
    this.#batchEnd = undefined;
    this.#expected = this.#cutOff ? undefined : (position ?? this.#begin);
    this.#unsure ||= this.#cutOff;
    this.#cutOff = false;
    // Others may have committed further meanwhile: an old position would take the group back.
    this.committed = position;
    this.thaw();
  }

  /** The partition went elsewhere: nothing of this lane counts any more. */
  abandon(reason: string): void {
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
    this.#queue.clear();
    this.#sizes = [];
    this.committed = undefined;
    this.#begin = undefined;
    this.#batchEnd = undefined;
    this.#expected = undefined;
  }

  #start(): void {
    while (this.#workers.size < this.#queue.concurrency) {
      const entry = this.#next();
      if (!entry) return;
      const work = this.#work(entry).finally(() => {
        this.#workers.delete(work);
        // A batch may have come between the last look at the queue and here.
        this.#start();
      });
      this.#workers.add(work);
    }
  }

  #next(): Entry | undefined {
    return this.frozen || this.#hold.isTaken ? undefined : this.#queue.take();
  }

  async #work(first: Entry): Promise<void> {
    for (let entry: Entry | undefined = first; entry; entry = this.#next()) {
      if (this.runs) await this.#handleRun(entry, this.runs);
      else await this.#handle(entry, this);
      if (this.lost.aborted) return;
    }
  }

  async #handleRun(first: Entry, runs: LaneRuns): Promise<void> {
    const [size = runs.most, ...sizes] = this.#sizes;
    this.#sizes = sizes;
    const run = this.#queue.takeRun(first, size);
    if (run.length === 1) return this.#handle(first, this);
    let result: RunResult = { settled: 0, next: [] };
    try {
      const records = run.map(({ record }) => record as ConsumedRecord);
      result = await runs.handle(records, this);
    } catch (error) {
      this.freeze();
      this.events.broke(this, error as Error);
    }
    if (this.lost.aborted) return;
    for (const entry of run.slice(0, result.settled)) if (entry.state !== 'gone') this.#settle(entry);
    this.#queue.giveBack(...run.slice(result.settled));
    this.#sizes = [...result.next, ...this.#sizes];
  }

  async #handle(entry: Entry, control: LaneControl): Promise<void> {
    let outcome: Outcome = 'interrupted';
    try {
      outcome = await this.handle(entry.record as ConsumedRecord, control);
    } catch (error) {
      this.freeze();
      this.events.broke(this, error as Error);
    }
    if (this.lost.aborted) return;
    if (outcome === 'interrupted') this.#queue.giveBack(entry);
    else if (entry.state !== 'gone') this.#settle(entry);
  }

  #settle(entry: Entry): void {
    const queue = this.#queue;
    queue.settle(entry);
    const { records, bytes } = this.limits;
    if (this.paused && queue.length <= records / 2 && queue.bytes <= bytes / 2) this.events.drained(this);
    if (queue.open === 0) this.#reachBatchEnd();
    else this.events.progressed(this);
  }

  /** Past the control records that end a batch: without them the lag of a transactional topic never reaches 0. */
  #reachBatchEnd(): void {
    this.#queue.position = max(this.#queue.position, this.#batchEnd);
    this.events.progressed(this);
  }
}

/** Many records of one lane may pause at a time, which Node takes for a leak. */
function newHalt(): AbortController {
  const halt = new AbortController();
  setMaxListeners(0, halt.signal);
  return halt;
}

const max = (one: bigint | undefined, other: bigint | undefined): bigint | undefined =>
  one === undefined || (other !== undefined && other > one) ? other : one;
