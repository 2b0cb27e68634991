import { percentiles } from './callers.js';
import { keyOf } from './payload.js';
import type { Task } from './task.js';
import type { Numbered } from './trouble.js';

/** When each message failed first and when it passed, and which later ones of its key were faster. */
export class Passes {
  readonly #passed: Uint8Array;
  /** By number; 0: it never did. */
  readonly #failedAt: Float64Array;
  /** Of each key, the newest that passed. */
  readonly #newest: Int32Array;
  /** Of the retry topic that they come back through. */
  readonly #delayMs: number;
  /** Only a breaker that asks others in between may have one come before. */
  readonly #mayBeEarly: boolean;
  /** Milliseconds from the first failure to the call that passed. */
  readonly #waits: number[] = [];
  #left: number;
  #overtaken = 0;
  #doubled = 0;
  #end!: () => void;
  /** Resolves when all have passed. */
  readonly all = new Promise<void>((resolve) => (this.#end = resolve));

  constructor(
    { keys, options }: Task,
    private readonly total: number,
  ) {
    this.#left = total;
    this.#passed = new Uint8Array(total);
    this.#failedAt = new Float64Array(total);
    this.#newest = new Int32Array(keys).fill(-1);
    this.#delayMs = Number(options['delayMs'] ?? 0);
    this.#mayBeEarly = options['breaker'] !== false;
  }

  failed(number: number): void {
    this.#failedAt[number] ||= Date.now();
  }

  passed(number: number, { account, sequence }: Numbered, calledAt: number): void {
    if (this.#passed[number]) return void this.#doubled++;
    this.#passed[number] = 1;
    const failedAt = this.#failedAt[number] ?? 0;
    if (failedAt > 0) this.#waits.push(calledAt - failedAt);
    const key = keyOf(account);
    if (sequence < (this.#newest[key] ?? -1)) this.#overtaken++;
    else this.#newest[key] = sequence;
    if (--this.#left === 0) this.#end();
  }

  /** What was overtaken, of a thousand; and how long it took to pass, where something failed. */
  metrics(): Record<string, number> {
    const overtaken = (this.#overtaken * 1_000) / this.total;
    if (this.#waits.length === 0) return { overtaken };
    const { p50, p99 } = percentiles(Float64Array.from(this.#waits));
    return { overtaken, waitP50: p50, lateP50: p50 - this.#delayMs, lateP99: p99 - this.#delayMs };
  }

  /** What is wrong, as sentences. */
  problems(): string[] {
    const early = this.#mayBeEarly ? 0 : this.#waits.filter((wait) => wait < this.#delayMs).length;
    return [
      ...(this.#doubled > 0 ? [`${this.#doubled} messages passed and came again`] : []),
      ...(early > 0 ? [`${early} messages came before they were due`] : []),
    ];
  }
}
