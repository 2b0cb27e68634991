import { Counter, type CounterConfiguration } from 'prom-client';

/** One number of a counter, for code that runs for each message: an addition, where `inc` looks labels up. */
export class Tally {
  #count = 0;

  inc(): void {
    this.#count++;
  }

  /** What came since the last look. */
  take(): number {
    const count = this.#count;
    this.#count = 0;
    return count;
  }
}

/** A counter that adds up its tallies when it is asked. */
export class TallyCounter<L extends string> extends Counter<L> {
  readonly #tallies: { readonly labels: Record<L, string>; readonly tally: Tally }[] = [];

  constructor(configuration: CounterConfiguration<L>) {
    super({
      ...configuration,
      collect() {
        (this as TallyCounter<L>).#addUp();
      },
    });
  }

  /** A tally for these labels; keep it. */
  tally(labels: Record<L, string>): Tally {
    const tally = new Tally();
    this.#tallies.push({ labels, tally });
    return tally;
  }

  #addUp(): void {
    for (const { labels, tally } of this.#tallies) {
      const count = tally.take();
      if (count > 0) this.inc(labels, count);
    }
  }
}
