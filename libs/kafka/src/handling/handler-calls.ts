import type { Histogram } from 'prom-client';
import { isObservable, lastValueFrom } from 'rxjs';
import { runOnTrail } from '../correlation/correlation.js';
import type { Journal } from '../counting/journal.js';
import type { KafkaMetrics } from '../counting/metrics.js';
import type { Tally } from '../counting/tally-counter.js';
import { TimeLimitError } from '../errors.js';
import { toError } from '../errors-and-retries/classify.js';
import type { KafkaHealth } from '../health/kafka-health.js';
import type { Incoming } from './incoming.js';
import type { LaneControl } from './lane-control.js';
import { MessageContext } from './message-context.js';
import type { RegisteredHandler } from './registered-handler.js';
import { TimedCall, TimeLimits } from './time-limits.js';

/** Where a message is handled. */
export interface Place {
  readonly lane: LaneControl;
  readonly group: HandledIn;
}

/** What of a group matters to a handler's call. */
export interface HandledIn {
  readonly groupId: string;
  /** kafkajs' own consumer. */
  readonly raw: unknown;
}

/** Where a call is counted. */
export interface CallCounts {
  readonly ok: Pick<Tally, 'inc'>;
  readonly failed: Pick<Tally, 'inc'>;
  readonly seconds: Pick<Histogram.Internal<'topic'>, 'observe'>;
}

interface Counts extends CallCounts {
  readonly outcomes: Map<string, Tally>;
}

/** Calls handlers, counts what became of it, and leaves a line of each message in the journal. */
export class HandlerCalls {
  readonly #counts = new Map<RegisteredHandler, Counts>();

  constructor(
    private readonly metrics: KafkaMetrics,
    private readonly journal: Journal,
    private readonly health: KafkaHealth,
    readonly limits = new TimeLimits(),
  ) {}

  /**
   * Resolves with what `done` or `failed` makes of it; of an Observable its last value counts. A handler that goes on after
   * its time limit and the grace has failed, and what becomes of it then is nobody's business. No async function stands
   * on this way: with the trail's context each costs as much as a layer of Nest does.
   */
  call<T>(
    incoming: Incoming,
    payload: object,
    handler: RegisteredHandler,
    { lane, group }: Place,
    done: (result: unknown) => T | Promise<T>,
    failed: (error: Error) => T | Promise<T>,
    counts: CallCounts = this.countsOf(handler),
  ): Promise<T> {
    return new Promise<T>((resolve) => {
      const call = new HandlerCall(incoming, handler, lane, counts, done, failed, resolve, this);
      this.limits.begin(handler.timeLimitMs, call, call.begun);
      incoming.attempt++;
      void handler.invoke(payload, new MessageContext(incoming, group.raw, call)).then(
        (result) => call.onDone(result),
        (thrown: unknown) => call.onFailed(thrown),
      );
    });
  }

  /** It still runs, and nobody waits for it. @returns to be called when it ends all the same */
  abandoned(handler: RegisteredHandler): () => void {
    this.metrics.abandoned.inc({ topic: handler.topic });
    return this.health.waits(`${handler.name} still runs, beyond its time limit of ${handler.timeLimitMs} ms`);
  }

  settled(incoming: Incoming, handler: RegisteredHandler, group: HandledIn, outcome: string): void {
    const { outcomes } = this.countsOf(handler);
    let tally = outcomes.get(outcome);
    if (!tally) {
      tally = this.metrics.handled.tally({ topic: handler.topic, group: group.groupId, outcome });
      outcomes.set(outcome, tally);
    }
    tally.inc();
    if (this.journal.isWritten) this.journal.note(incoming, group.groupId, handler.name, outcome);
  }

  countsOf(handler: RegisteredHandler): Counts {
    let counts = this.#counts.get(handler);
    if (!counts) {
      const { attempts, duration } = this.metrics;
      const { topic } = handler;
      counts = {
        ok: attempts.tally({ topic, result: 'ok' }),
        failed: attempts.tally({ topic, result: 'failed' }),
        seconds: duration.labels(topic),
        outcomes: new Map(),
      };
      this.#counts.set(handler, counts);
    }
    return counts;
  }
}

/** One call, from its begin to what became of it. */
class HandlerCall<T> extends TimedCall {
  readonly begun = performance.now();
  /** Set where nobody waits any more. */
  #ended: (() => void) | undefined;

  constructor(
    private readonly incoming: Incoming,
    private readonly handler: RegisteredHandler,
    lane: LaneControl,
    private readonly counts: CallCounts,
    private readonly done: (result: unknown) => T | Promise<T>,
    private readonly failed: (error: Error) => T | Promise<T>,
    private readonly resolve: (outcome: T | Promise<T>) => void,
    private readonly calls: HandlerCalls,
  ) {
    super(lane.lost);
  }

  onDone(result: unknown): void {
    if (isObservable(result)) {
      void lastOf(result).then(
        (last) => this.onDone(last),
        (thrown: unknown) => this.onFailed(thrown),
      );
    } else if (this.#ends(this.counts.ok)) this.#settle(this.done, result);
  }

  onFailed(thrown: unknown): void {
    if (!this.#ends(this.counts.failed)) return;
    const error = toError(thrown);
    this.#settle(this.failed, this.expired ? overLimit(this.handler, error) : error);
  }

  protected override overLimit(): Error {
    return overLimit(this.handler);
  }

  protected override onTrail(work: () => void): void {
    runOnTrail(this.incoming, work);
  }

  protected override abandon(error: Error): void {
    this.counts.failed.inc();
    this.#ended = this.calls.abandoned(this.handler);
    this.#settle(this.failed, error);
  }

  /** False where nobody waits any more. */
  #ends(tally: CallCounts['ok']): boolean {
    this.calls.limits.end(this.handler.timeLimitMs, this);
    if (this.#ended) {
      this.#ended();
      return false;
    }
    tally.inc();
    this.counts.seconds.observe((performance.now() - this.begun) / 1_000);
    return true;
  }

  #settle<G>(make: (given: G) => T | Promise<T>, given: G): void {
    try {
      this.resolve(make(given));
    } catch (error) {
      this.resolve(Promise.reject(toError(error)));
    }
  }
}

/** @param thrown by the handler after its signal had fired; without it, it still runs */
function overLimit({ name, timeLimitMs }: RegisteredHandler, thrown?: Error): Error {
  const message = `${name} did not finish within ${timeLimitMs} ms.`;
  return new TimeLimitError(message, !thrown, thrown && { cause: thrown });
}

/** The last value of an Observable; one that completes without a value is no failure. */
export async function lastOf(returned: unknown): Promise<unknown> {
  const result = await returned;
  return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
}
