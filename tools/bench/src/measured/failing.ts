import { setTimeout as pause } from 'node:timers/promises';
import { Passes } from './passes.js';
import { keyOf } from './payload.js';
import type { Outcome, Task } from './task.js';
import type { Numbered, Trouble } from './trouble.js';
import { Window } from './window.js';

/**
 * A handler at which some messages fail, and pass when they come again. The clock counts messages that were handled once,
 * however that ended: what the others wait for those that failed.
 */
export class Failing {
  readonly #window: Window;
  readonly #ioMs: number;
  readonly #seen: Uint8Array;
  readonly #passes: Passes;

  /** @param fails which messages do, and when */
  constructor(
    private readonly task: Task,
    private readonly fails: Trouble,
    private readonly errorOf: () => Error,
  ) {
    const total = task.warmUp + task.measured;
    this.#window = new Window(task);
    this.#ioMs = Number(task.options['ioMs'] ?? 0);
    this.#seen = new Uint8Array(total);
    this.#passes = new Passes(task, total);
  }

  async handle(sale: Numbered): Promise<void> {
    const number = sale.sequence * this.task.keys + keyOf(sale.account);
    const calledAt = Date.now();
    if (this.#ioMs > 0) await pause(this.#ioMs);
    const first = this.#seen[number] === 0;
    const fails = this.fails(sale, first);
    if (fails) this.#passes.failed(number);
    else this.#passes.passed(number, sale, calledAt);
    if (first) {
      this.#seen[number] = 1;
      this.#window.tick();
    }
    if (fails) throw this.errorOf();
  }

  /** Resolves when all have passed. */
  async outcome(): Promise<Outcome> {
    const metrics = await this.#window.metrics;
    await this.#passes.all;
    return { metrics: { ...metrics, ...this.#passes.metrics() }, problems: this.#passes.problems() };
  }
}
