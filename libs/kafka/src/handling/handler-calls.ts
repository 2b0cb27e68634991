import type { Histogram } from 'prom-client';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Journal } from '../counting/journal.js';
import type { KafkaMetrics } from '../counting/metrics.js';
import type { Tally } from '../counting/tally-counter.js';
import { toError } from '../errors-and-retries/classify.js';
import type { HandlingGroup } from './handling-group.js';
import type { Incoming } from './incoming.js';
import type { LaneControl } from './lane.js';
import { MessageContext } from './message-context.js';
import type { RegisteredHandler } from './registered-handler.js';

/** Where a message is handled. */
export interface Place {
  readonly lane: LaneControl;
  readonly group: HandlingGroup;
}

interface Counts {
  readonly ok: Tally;
  readonly failed: Tally;
  readonly seconds: Histogram.Internal<'topic'>;
  readonly outcomes: Map<string, Tally>;
}

/** Calls handlers, counts what became of it, and leaves a line of each message in the journal. */
export class HandlerCalls {
  readonly #counts = new Map<RegisteredHandler, Counts>();

  constructor(
    private readonly metrics: KafkaMetrics,
    private readonly journal: Journal,
  ) {}

  /**
   * Resolves with what `done` or `failed` makes of it; of an Observable its last value counts. No async function stands on
   * this way: with the trail's context each costs as much as a layer of Nest does.
   */
  call<T>(
    incoming: Incoming,
    payload: object,
    handler: RegisteredHandler,
    { lane, group }: Place,
    done: (result: unknown) => T | Promise<T>,
    failed: (error: Error) => T | Promise<T>,
  ): Promise<T> {
    const counts = this.#countsOf(handler);
    const begin = performance.now();
    const end = (tally: Tally): void => {
      tally.inc();
      counts.seconds.observe((performance.now() - begin) / 1_000);
    };
    const onDone = (result: unknown): T | Promise<T> => {
      if (isObservable(result)) return lastOf(result).then(onDone, onFailed);
      end(counts.ok);
      return done(result);
    };
    const onFailed = (thrown: unknown): T | Promise<T> => {
      end(counts.failed);
      return failed(toError(thrown));
    };
    incoming.attempt++;
    return handler.invoke(payload, new MessageContext(incoming.record, group.raw, lane.lost)).then(onDone, onFailed);
  }

  settled(incoming: Incoming, handler: RegisteredHandler, group: HandlingGroup, outcome: string): void {
    const { outcomes } = this.#countsOf(handler);
    let tally = outcomes.get(outcome);
    if (!tally) {
      tally = this.metrics.handled.tally({ topic: handler.topic, group: group.groupId, outcome });
      outcomes.set(outcome, tally);
    }
    tally.inc();
    if (this.journal.isWritten) this.journal.note(incoming, group.groupId, handler.name, outcome);
  }

  #countsOf(handler: RegisteredHandler): Counts {
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

/** The last value of an Observable; one that completes without a value is no failure. */
export async function lastOf(returned: unknown): Promise<unknown> {
  const result = await returned;
  return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
}
