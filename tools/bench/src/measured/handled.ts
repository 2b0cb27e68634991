import { setTimeout as pause } from 'node:timers/promises';
import { Sightings } from './sightings.js';
import type { Outcome, Task } from './task.js';
import { Window } from './window.js';

/** What the handlers of all sides do with a message: look at it, and where the cell says so, wait as I/O does. */
export class Handled {
  readonly #sightings: Sightings;
  readonly #window: Window;
  readonly #ioMs: number;

  /** @param progress hears of each message that is done, with how many there are */
  constructor(
    private readonly task: Task,
    private readonly progress: (count: number) => void = () => undefined,
  ) {
    this.#sightings = new Sightings(task.keys);
    this.#window = new Window(task);
    this.#ioMs = Number(task.options['ioMs'] ?? 0);
  }

  /** At once: for those who need no promise. */
  note(sale: { readonly account: string; readonly sequence: number }): void {
    this.#sightings.see(sale);
    this.#window.tick();
    this.progress(this.#window.count);
  }

  async handle(sale: { readonly account: string; readonly sequence: number }): Promise<void> {
    // At the begin: a key's next message must not begin before this one has ended.
    this.#sightings.see(sale);
    if (this.#ioMs > 0) await pause(this.#ioMs);
    this.#window.tick();
  }

  async outcome(): Promise<Outcome> {
    const metrics = await this.#window.metrics;
    return { metrics, problems: this.#sightings.problems(this.task.warmUp + this.task.measured) };
  }
}
