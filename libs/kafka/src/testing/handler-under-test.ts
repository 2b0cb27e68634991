import type { ConsumedRecord } from '../client/index.js';
import type { LaneControl, Outcome } from '../handling/lane-control.js';
import { eventually } from './eventually.js';

interface Running {
  readonly lane: LaneControl;
  readonly end: (outcome: Outcome) => void;
  readonly fail: (error: Error) => void;
}

/** Handles records when the spec says so: `partition/offset` is the name of each. */
export class HandlerUnderTest {
  /** Every call, in order. */
  readonly begun: string[] = [];
  readonly #running = new Map<string, Running>();

  readonly handle = (record: ConsumedRecord, lane: LaneControl): Promise<Outcome> =>
    new Promise((end, fail) => {
      const name = `${record.partition}/${record.offset}`;
      this.begun.push(name);
      this.#running.set(name, { lane, end, fail });
    });

  get running(): string[] {
    return [...this.#running.keys()];
  }

  /** Ends the handling of these, one after another, as soon as each has begun. */
  async finish(...names: string[]): Promise<void> {
    for (const name of names) (await this.#take(name)).end('settled');
  }

  async interrupt(name: string): Promise<void> {
    (await this.#take(name)).end('interrupted');
  }

  async break(name: string, error: Error): Promise<void> {
    (await this.#take(name)).fail(error);
  }

  /** What the handling of a record may ask of its lane. */
  async laneOf(name: string): Promise<LaneControl> {
    return eventually(`${name} begins`, () => this.#running.get(name)?.lane, 2_000);
  }

  async #take(name: string): Promise<Running> {
    const running = await eventually(`${name} begins`, () => this.#running.get(name), 2_000);
    this.#running.delete(name);
    return running;
  }
}
