import type { ConsumedRecord } from '../client/index.js';
import { runOnTrail } from '../correlation/correlation.js';
import { TimeLimitError } from '../errors.js';
import { isError, textOf, type Verdict } from '../errors-and-retries/classify.js';
import type { HandlerCalls, Place } from '../handling/handler-calls.js';
import { Incoming, readPayload } from '../handling/incoming.js';
import type { Outcome } from '../handling/lane-control.js';
import type { ContractHandler } from '../handling/registered-handler.js';

/** An event that a handler failed at, in a replay: nothing else becomes of it. */
export interface ReplayFailure {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** `ce_id`; without one `topic/partition/offset`. */
  readonly id: string;
  readonly handler: string;
  /** Calls of the handler; 0 where the record could not be read. */
  readonly attempts: number;
  /** Class of the error. */
  readonly error: string;
  readonly message: string;
}

/** Hands events to handlers once more: with their attempts in place, and nothing after those. */
export class ReplayHandling {
  replayed = 0;
  failed = 0;

  constructor(
    private readonly calls: HandlerCalls,
    private readonly verdictOn: (error: Error) => Verdict,
    private readonly onFailure: (failure: ReplayFailure) => void,
  ) {}

  handle(record: ConsumedRecord, handler: ContractHandler, place: Place): Promise<Outcome> {
    const incoming = new Incoming(record, true);
    return runOnTrail(incoming, () => this.#handle(incoming, handler, place));
  }

  async #handle(incoming: Incoming, handler: ContractHandler, place: Place): Promise<Outcome> {
    for (const pauseMs of [...handler.policy.pausesMs, undefined]) {
      const error = await this.#attempt(incoming, handler, place);
      if (!error) {
        this.replayed++;
        this.calls.settled(incoming, handler, place.group, 'replayed');
        return 'settled';
      }
      if (pauseMs === undefined || this.#isFinal(error)) {
        this.#report(error, incoming, handler, place);
        return 'settled';
      }
      if (!(await place.lane.pause(pauseMs))) return 'interrupted';
    }
    return 'settled';
  }

  #attempt(incoming: Incoming, handler: ContractHandler, place: Place): Promise<Error | undefined> {
    const payload = readPayload(incoming.record, handler.contract);
    if (isError(payload)) return Promise.resolve(payload);
    return this.calls.call<Error | undefined>(
      incoming,
      payload,
      handler,
      place,
      () => undefined,
      (error) => error,
    );
  }

  /** Another attempt cannot help, or would run beside the one that nobody waits for any more. */
  #isFinal(error: Error): boolean {
    return this.verdictOn(error) === 'give-up' || (error instanceof TimeLimitError && error.abandoned);
  }

  #report(error: Error, incoming: Incoming, handler: ContractHandler, { group }: Place): void {
    this.failed++;
    this.calls.settled(incoming, handler, group, 'replay-failed');
    const { topic, partition, offset } = incoming.record;
    this.onFailure({
      ...{ topic, partition, offset: offset.toString(), id: incoming.id },
      ...{ handler: handler.name, attempts: incoming.attempt },
      ...{ error: error.name, message: textOf(error.message) },
    });
  }
}
