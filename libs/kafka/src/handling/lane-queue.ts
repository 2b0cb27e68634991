import type { ConsumedRecord } from '../client/index.js';

/** A record of a lane, from its arrival until everything before it is settled, too. */
export interface Entry {
  readonly offset: bigint;
  /** Let go when it is settled: what stays is its place. */
  record: ConsumedRecord | undefined;
  /** `gone`: its log, or its place in it, is no more. */
  state: 'waiting' | 'running' | 'settled' | 'gone';
  /** What keeps its order, where several run side by side; undefined keeps none. */
  readonly key: string | undefined;
}

/** How far ahead a record is looked for that may be tried in another's place. */
const LOOK_AHEAD = 1_000;

/** The records of a lane that were tried in vain: what is tried instead has none of their keys, so that each keeps its order. */
export class Passed {
  readonly #keys = new Set<string>();
  #last = -1n;

  add({ key, offset }: ConsumedRecord): void {
    if (key) this.#keys.add(key.toString('latin1'));
    this.#last = offset;
  }

  allows({ key, offset }: ConsumedRecord): boolean {
    return offset > this.#last && !(key && this.#keys.has(key.toString('latin1')));
  }
}

/**
 * What a lane has read and not yet left behind, in the order of offsets. Hands out one record after another, or several
 * side by side with one of each key; what is settled is left behind only together with all that is before it.
 */
export class LaneQueue {
  /** Everything below is settled; undefined until the first record is. */
  position: bigint | undefined;
  #entries: Entry[] = [];
  /** Everything before is left behind. */
  #head = 0;
  /** Everything before was looked at: it runs, is settled, or waits behind its key. */
  #next = 0;
  /** Keys of which one runs, and what waits behind it. */
  readonly #busy = new Map<string, Entry[]>();
  /** Its key has become free. */
  #ready: Entry[] = [];
  /** What ran or was settled when the rest was dropped, until it is read again. */
  #kept = new Map<bigint, Entry>();
  /** The one of those that stands at `position`: nothing that was dropped is before it. */
  #keptFirst: Entry | undefined;
  #bytes = 0;
  #open = 0;

  /** @param concurrency how many may run side by side */
  constructor(readonly concurrency: number) {}

  /** Records that are not settled. */
  get open(): number {
    return this.#open;
  }

  /** How far the last record is from the first that is not left behind. */
  get length(): number {
    return this.#entries.length - this.#head;
  }

  /** What they weigh in memory that are not settled. */
  get bytes(): number {
    return this.#bytes;
  }

  /** In the order of offsets. What runs already, or is settled, is known by its offset. */
  add(record: ConsumedRecord): void {
    const { offset } = record;
    const kept = this.#kept.size > 0 ? this.#kept.get(offset) : undefined;
    if (kept) {
      this.#kept.delete(offset);
      if (kept === this.#keptFirst) this.#keptFirst = undefined;
      this.#entries.push(kept);
      this.#leaveBehind();
      return;
    }
    const key = this.concurrency > 1 && record.key ? record.key.toString('latin1') : undefined;
    this.#entries.push({ offset, record, state: 'waiting', key });
    this.#bytes += OBJECTS + record.bytes;
    this.#open++;
  }

  /** The next one that may begin; it runs from now on. Undefined where there is none at the moment. */
  take(): Entry | undefined {
    const entry = this.#ready.shift() ?? this.#takeNext();
    if (entry) entry.state = 'running';
    return entry;
  }

  /** That one, and those behind it: they run from now on. */
  takeRun(first: Entry, most: number): Entry[] {
    const run = [first];
    while (run.length < most) {
      const entry = this.take();
      if (!entry) break;
      run.push(entry);
    }
    return run;
  }

  /** The first that may begin in place of those; it runs from now on. */
  takeOther(than: Passed): Entry | undefined {
    const end = Math.min(this.#entries.length, this.#next + LOOK_AHEAD);
    // Of each key the first that waits, or none: why ever that one is left out.
    const behind = new Set<string>();
    for (let index = this.#next; index < end; index++) {
      const entry = this.#entries[index] as Entry;
      if (entry.state !== 'waiting' || !entry.record) continue;
      const key = entry.record.key?.toString('latin1');
      const isFirst = !key || !behind.has(key);
      if (key) behind.add(key);
      if (!isFirst || !than.allows(entry.record) || (entry.key !== undefined && this.#busy.has(entry.key))) continue;
      if (entry.key !== undefined) this.#busy.set(entry.key, []);
      entry.state = 'running';
      than.add(entry.record);
      return entry;
    }
    return undefined;
  }

  settle(entry: Entry): void {
    if (entry.state !== 'running') return;
    entry.state = 'settled';
    this.#close(entry);
    this.#free(entry);
    if (entry === this.#keptFirst) {
      this.#kept.delete(entry.offset);
      this.#keptFirst = undefined;
      this.position = entry.offset + 1n;
    } else {
      this.#leaveBehind();
    }
  }

  /** They must be handled again: here, or by whoever has the partition next. */
  giveBack(...entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.state !== 'running') continue;
      entry.state = 'waiting';
      if (this.#kept.get(entry.offset) !== entry) continue;
      // It is read again.
      this.#kept.delete(entry.offset);
      if (entry === this.#keptFirst) this.#keptFirst = undefined;
      entry.state = 'gone';
      this.#close(entry);
    }
    this.#lookAgain();
  }

  /** Only what runs or is settled stays: the rest is read again, from `position` on. */
  dropWaiting(): void {
    const first = this.#entries[this.#head];
    if (first) this.#keptFirst = first.state === 'running' ? first : undefined;
    const stay = [...this.#entries.slice(this.#head), ...this.#kept.values()].filter(
      ({ state }) => state !== 'waiting',
    );
    this.#kept = new Map(stay.map((entry) => [entry.offset, entry]));
    this.#entries = [];
    this.#head = 0;
    const running = stay.filter(({ record }) => record !== undefined);
    this.#open = running.length;
    this.#bytes = running.reduce((sum, { record }) => sum + OBJECTS + (record?.bytes ?? 0), 0);
    this.#lookAgain();
  }

  /** Nothing of it counts any more, nor what becomes of that which runs. */
  clear(): void {
    for (const entry of this.#running()) entry.state = 'gone';
    this.position = undefined;
    this.#kept.clear();
    this.#keptFirst = undefined;
    this.#entries = [];
    this.#head = 0;
    this.#open = 0;
    this.#bytes = 0;
    this.#lookAgain();
  }

  #takeNext(): Entry | undefined {
    while (this.#next < this.#entries.length) {
      const entry = this.#entries[this.#next++] as Entry;
      if (entry.state !== 'waiting') continue;
      if (entry.key === undefined) return entry;
      const behind = this.#busy.get(entry.key);
      if (!behind) {
        this.#busy.set(entry.key, []);
        return entry;
      }
      behind.push(entry);
    }
    return undefined;
  }

  #close(entry: Entry): void {
    this.#bytes -= OBJECTS + (entry.record?.bytes ?? 0);
    entry.record = undefined;
    this.#open--;
  }

  #free({ key }: Entry): void {
    if (key === undefined) return;
    const next = this.#busy.get(key)?.shift();
    if (next) this.#ready.push(next);
    else this.#busy.delete(key);
  }

  #leaveBehind(): void {
    for (let entry = this.#entries[this.#head]; entry?.state === 'settled'; entry = this.#entries[this.#head]) {
      this.position = entry.offset + 1n;
      this.#head++;
    }
    // Give memory back in steps: a shift of each record would move the whole queue every time.
    if (this.#head > 1_000 || this.#head === this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#next = Math.max(0, this.#next - this.#head);
      this.#head = 0;
    }
  }

  #lookAgain(): void {
    this.#next = this.#head;
    this.#ready = [];
    this.#busy.clear();
    for (const { key } of this.#running()) if (key !== undefined) this.#busy.set(key, []);
  }

  #running(): Entry[] {
    return [...this.#kept.values(), ...this.#entries].filter(({ state }) => state === 'running');
  }
}

/** What is kept in memory of a record beside its bytes, roughly. */
const OBJECTS = 200;
