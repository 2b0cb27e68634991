import type { CallCounts } from '../handling/handler-calls.js';

/** What the calls of a run took, counted once it is committed. */
export class RunCounts implements CallCounts {
  readonly #seconds: number[] = [];
  readonly ok = { inc: (): void => undefined };
  readonly failed = { inc: (): void => undefined };
  readonly seconds = { observe: (seconds: number): void => void this.#seconds.push(seconds) };

  /** All of them went well. */
  addTo({ ok, seconds }: CallCounts): void {
    for (const spent of this.#seconds) {
      ok.inc();
      seconds.observe(spent);
    }
  }
}
