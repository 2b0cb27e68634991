import { Logger } from '@nestjs/common';
import type { ConsumedRecord } from '../client/index.js';
import { TimeLimitError } from '../errors.js';
import type { EventHandling } from '../errors-and-retries/event-handling.js';
import { textOf, toError } from '../errors-and-retries/classify.js';
import type { HandlerCalls, Place } from '../handling/handler-calls.js';
import type { RunResult } from '../handling/lane.js';
import type { Outcome } from '../handling/lane-control.js';
import type { ContractHandler } from '../handling/registered-handler.js';
import { Run, type RunPlace } from './run.js';
import type { RunTransactions } from './run-transactions.js';

/**
 * Handles runs of records in one transaction each, so that result, order and counts are as if one by one: of a run that
 * fails nothing is settled or counted, and it is split until only the guilty one is left, which goes its way alone.
 */
export class RunHandling {
  readonly #logger = new Logger('Kafka');
  /** Records whose call in a run still runs: another one would run beside it. */
  readonly #stillRun = new WeakMap<ConsumedRecord, Error>();

  constructor(
    private readonly events: EventHandling,
    private readonly calls: HandlerCalls,
    private readonly transactions: RunTransactions,
  ) {}

  alone(record: ConsumedRecord, handler: ContractHandler, place: Place): Promise<Outcome> {
    const error = this.#stillRun.get(record);
    return error ? this.events.goOnWith(record, error, handler, place) : this.events.handle(record, handler, place);
  }

  async together(records: readonly ConsumedRecord[], handler: ContractHandler, place: RunPlace): Promise<RunResult> {
    const gotThrough = this.events.begins(handler);
    const run = new Run(records, handler, place, this.calls, (record) => this.#stillRun.has(record));
    try {
      await run.commit(this.transactions);
    } catch (thrown) {
      return this.#split(run, records, toError(thrown), handler, place);
    }
    if (place.lane.lost.aborted) return { settled: 0, next: [] };
    run.counts.addTo(this.calls.countsOf(handler));
    for (const incoming of run.handled) this.calls.settled(incoming, handler, place.group, 'handled');
    if (run.handled.length > 0) gotThrough();
    return { settled: run.handled.length, next: run.stoppedAtBad ? [1] : [] };
  }

  #split(
    { failure, handled: { length: handled }, begun }: Run,
    records: readonly ConsumedRecord[],
    error: Error,
    handler: ContractHandler,
    { lane }: RunPlace,
  ): RunResult {
    if (lane.lost.aborted) return { settled: 0, next: [] };
    if (!failure) return this.#halve(begun ? handled : 0, error, handler);
    if (failure instanceof TimeLimitError && failure.abandoned) {
      this.#stillRun.set(records[handled] as ConsumedRecord, failure);
      this.calls.countsOf(handler).failed.inc();
    }
    this.#logger.debug(`${handler.name} failed at ${handled + 1} of ${records.length}: ${textOf(error.message)}`);
    return { settled: 0, next: handled > 0 ? [handled, 1] : [1] };
  }

  /** All were handled, and yet it failed: one of them may be what can't be committed. */
  #halve(handled: number, error: Error, { name }: ContractHandler): RunResult {
    const half = Math.ceil(handled / 2);
    this.#logger.warn(`${name}: a transaction of ${handled} messages failed, it is split: ${textOf(error.message)}`);
    return { settled: 0, next: handled > 1 ? [half, handled - half] : [1] };
  }
}
