import { keyOf } from './payload.js';

/** Sees whether each account's messages come once each and in order, at the cost of an array access. */
export class Sightings {
  readonly #next: Int32Array;
  #count = 0;
  #doubled = 0;
  #skipped = 0;

  constructor(keys: number) {
    this.#next = new Int32Array(keys);
  }

  see({ account, sequence }: { readonly account: string; readonly sequence: number }): void {
    const key = keyOf(account);
    const next = this.#next[key] ?? -1;
    this.#count++;
    if (sequence < next) this.#doubled++;
    else {
      if (sequence > next) this.#skipped++;
      this.#next[key] = sequence + 1;
    }
  }

  get count(): number {
    return this.#count;
  }

  /** What is wrong, as sentences. */
  problems(expected: number): string[] {
    const problems: string[] = [];
    if (this.#count !== expected) problems.push(`${this.#count} messages instead of ${expected}`);
    if (this.#doubled > 0) problems.push(`${this.#doubled} messages came again, or after a later one of their key`);
    if (this.#skipped > 0)
      problems.push(`${this.#skipped} messages came although an earlier one of their key was missing`);
    return problems;
  }
}
