import type { ConsumedRecord } from '../client/index.js';
import { runOnTrail } from '../correlation/correlation.js';
import { isError } from '../errors-and-retries/classify.js';
import type { HandlerCalls, HandledIn } from '../handling/handler-calls.js';
import { Incoming, readPayload } from '../handling/incoming.js';
import type { RunControl } from '../handling/lane.js';
import type { ContractHandler } from '../handling/registered-handler.js';
import { RunCounts } from './run-counts.js';
import type { RunTransactions } from './run-transactions.js';
import { StepLimit } from './step-limit.js';

/** After so long a run begins nothing more, in ms: what is written becomes visible, and locks are let go. */
const LONGEST_MS = 1_000;

/** Where a run is handled. */
export interface RunPlace {
  readonly lane: RunControl;
  readonly group: HandledIn;
}

/** Records of one partition, handled one after another in one transaction. */
export class Run {
  /** What was called and resolved, in order. */
  readonly handled: Incoming[] = [];
  /** Of the one that failed. */
  failure: Error | undefined;
  /** The next one is none for a run. */
  stoppedAtBad = false;
  begun = false;
  readonly counts = new RunCounts();
  #over = false;

  /** @param isBad whether a record must be handled alone */
  constructor(
    private readonly records: readonly ConsumedRecord[],
    private readonly handler: ContractHandler,
    private readonly place: RunPlace,
    private readonly calls: HandlerCalls,
    private readonly isBad: (record: ConsumedRecord) => boolean,
  ) {}

  /** Resolves when what is handled is committed; rejects where nothing is, or nobody knows. */
  async commit(transactions: RunTransactions): Promise<void> {
    const messages = this.records.map((record) => new Incoming(record).id);
    const limit = new StepLimit(`A transaction of ${this.handler.name}`, this.handler.timeLimitMs);
    const work = async (): Promise<void> => {
      // Nobody waits for it any more.
      if (this.#over) throw new Error('The transaction began too late.');
      limit.pause();
      await this.#work().finally(() => limit.resume());
    };
    try {
      await limit.of(transactions.together(messages, work));
    } finally {
      this.#over = true;
    }
  }

  async #work(): Promise<void> {
    const { lane } = this.place;
    this.begun = true;
    const end = performance.now() + LONGEST_MS;
    for (const record of this.records) {
      if (lane.frozen || performance.now() > end) break;
      const payload = readPayload(record, this.handler.contract);
      this.stoppedAtBad = isError(payload) || this.isBad(record);
      if (this.stoppedAtBad) break;
      this.failure = await this.#call(new Incoming(record), payload);
      if (this.failure) throw this.failure;
    }
    // Others may be handling all this already.
    if (lane.lost.aborted) throw lane.lost.reason;
  }

  #call(incoming: Incoming, payload: object): Promise<Error | undefined> {
    const done = (): undefined => void this.handled.push(incoming);
    const failed = (error: Error): Error => error;
    return runOnTrail(incoming, () =>
      this.calls.call<Error | undefined>(incoming, payload, this.handler, this.place, done, failed, this.counts),
    );
  }
}
