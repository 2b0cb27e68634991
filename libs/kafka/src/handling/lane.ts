import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumedBatch, ConsumedRecord } from '../client/index.js';

/** `settled`: handled, or safe in a dead letter. `interrupted`: it must be handled again, by whoever has the partition. */
export type Outcome = 'settled' | 'interrupted';

/** What the handling of one record may ask of its lane. */
export interface LaneControl {
  /** Fires when the partition is lost: others may be handling this record already, so its outcome is ignored. */
  readonly lost: AbortSignal;
  /** Milliseconds. False where the lane was frozen meanwhile: give the record back as `interrupted`. */
  pause(ms: number): Promise<boolean>;
}

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
}

/** One partition's records, handled one at a time and in order, whatever the other lanes do. */
export class Lane implements LaneControl {
  /** Everything below is handled; undefined until the first record is. */
  position: bigint | undefined;
  committed: bigint | undefined;
  paused = false;
  readonly #lost = new AbortController();
  #halt = new AbortController();
  #queue: ConsumedRecord[] = [];
  #head = 0;
  #bytes = 0;
  #handling: bigint | undefined;
  #work: Promise<void> | undefined;
  #batchEnd: bigint | undefined;
  /** Counts resets: a record that was in flight then is no longer the queue's head. */
  #epoch = 0;

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
    return this.#queue.length - this.#head;
  }

  /** Resolves when no handler runs. */
  get idle(): Promise<void> {
    return this.#work ?? Promise.resolve();
  }

  /** Takes a batch in the order of its offsets, leaving out what this lane has handled or is handling. */
  offer(batch: ConsumedBatch): void {
    const first = batch.records[0];
    // The broker stands behind this lane: what it was told last did not arrive, so it is told again.
    if (first && this.position !== undefined && first.offset < this.position) this.committed = undefined;
    for (const record of batch.records) {
      if (this.position !== undefined && record.offset < this.position) continue;
      if (this.#handling !== undefined && record.offset <= this.#handling) continue;
      this.#queue.push(record);
      this.#bytes += weight(record);
    }
    this.#batchEnd = batch.lastOffset + 1n;
    if (!this.#work && this.waiting === 0) this.#reachBatchEnd();
    if (this.waiting > this.limits.records || this.#bytes > this.limits.bytes) this.events.full(this);
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

  /** A new generation in which the partition stayed here: kafkajs fetches again from what was committed. */
  reset(): void {
    this.#epoch++;
    this.#queue = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#batchEnd = undefined;
    // Others may have committed further meanwhile: an old position would take the group back.
    this.committed = this.position;
    if (this.frozen) this.#halt = new AbortController();
  }

  /** The partition went elsewhere: nothing of this lane counts any more. */
  abandon(reason: string): void {
    this.freeze();
    this.reset();
    this.freeze();
    this.#lost.abort(new Error(reason));
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
    while (!this.frozen && this.#head < this.#queue.length) {
      const record = this.#queue[this.#head] as ConsumedRecord;
      const epoch = this.#epoch;
      this.#handling = record.offset;
      const outcome = await this.handle(record, this);
      this.#handling = undefined;
      if (this.lost.aborted || outcome === 'interrupted') return;
      this.position = record.offset + 1n;
      if (epoch === this.#epoch) this.#shift(record);
      if (this.waiting === 0) this.#reachBatchEnd();
      else this.events.progressed(this);
    }
  }

  #shift(record: ConsumedRecord): void {
    this.#head++;
    this.#bytes -= weight(record);
    // Give memory back in steps: a shift of each record would move the whole queue every time.
    if (this.#head > 1_000 || this.#head === this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    if (this.paused && this.waiting <= this.limits.records / 2 && this.#bytes <= this.limits.bytes / 2) {
      this.events.drained(this);
    }
  }

  /** Past the control records that end a batch: without them the lag of a transactional topic never reaches 0. */
  #reachBatchEnd(): void {
    if (this.#batchEnd !== undefined && (this.position === undefined || this.#batchEnd > this.position)) {
      this.position = this.#batchEnd;
    }
    this.events.progressed(this);
  }
}

const weight = (record: ConsumedRecord): number => 200 + (record.value?.length ?? 0) + (record.key?.length ?? 0);
