import type { ConsumedRecord } from '../client/index.js';

/** Records that wait, first in first out, and what they weigh in memory. */
export class RecordQueue {
  #records: ConsumedRecord[] = [];
  #head = 0;
  #bytes = 0;

  get length(): number {
    return this.#records.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Undefined where nothing waits. */
  get first(): ConsumedRecord | undefined {
    return this.#records[this.#head];
  }

  add(record: ConsumedRecord): void {
    this.#records.push(record);
    this.#bytes += weight(record);
  }

  removeFirst(): void {
    const { first } = this;
    if (!first) return;
    this.#head++;
    this.#bytes -= weight(first);
    // Give memory back in steps: a shift of each record would move the whole queue every time.
    if (this.#head > 1_000 || this.#head === this.#records.length) {
      this.#records = this.#records.slice(this.#head);
      this.#head = 0;
    }
  }

  clear(): void {
    this.#records = [];
    this.#head = 0;
    this.#bytes = 0;
  }
}

const weight = (record: ConsumedRecord): number => 200 + (record.value?.length ?? 0) + (record.key?.length ?? 0);
