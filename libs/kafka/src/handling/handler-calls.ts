import type { Histogram } from 'prom-client';
import { isObservable, lastValueFrom } from 'rxjs';
import { runOnTrail } from '../correlation/correlation.js';
import type { Journal } from '../counting/journal.js';
import type { KafkaMetrics } from '../counting/metrics.js';
import type { Tally } from '../counting/tally-counter.js';
import { TimeLimitError } from '../errors.js';
import { toError } from '../errors-and-retries/classify.js';
import type { KafkaHealth } from '../health/kafka-health.js';
import type { HandlingGroup } from './handling-group.js';
import type { Incoming } from './incoming.js';
import type { LaneControl } from './lane.js';
import { MessageContext } from './message-context.js';
import type { RegisteredHandler } from './registered-handler.js';
import { TimeLimits } from './time-limits.js';

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
    private readonly health: KafkaHealth,
    private readonly limits = new TimeLimits(),
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
  ): Promise<T> {
    const counts = this.#countsOf(handler);
    const begin = performance.now();
    const { timeLimitMs } = handler;
    return new Promise<T>((resolve, reject) => {
      /** Set where nobody waits for the handler any more; to be called when it ends all the same. */
      let abandoned: (() => void) | undefined;
      const end = (tally: Tally): boolean => {
        this.limits.end(timeLimitMs, call);
        if (abandoned) {
          abandoned();
          return false;
        }
        tally.inc();
        counts.seconds.observe((performance.now() - begin) / 1_000);
        return true;
      };
      const onDone = (result: unknown): void => {
        if (isObservable(result)) return void lastOf(result).then(onDone, onFailed);
        if (end(counts.ok)) settle(() => done(result));
      };
      const onFailed = (thrown: unknown): void => {
        if (!end(counts.failed)) return;
        const error = toError(thrown);
        settle(() => failed(call.expired ? overLimit(handler, error) : error));
      };
      const settle = (outcome: () => T | Promise<T>): void => {
        try {
          resolve(outcome());
        } catch (error) {
          reject(toError(error));
        }
      };
      const call = this.limits.begin(timeLimitMs, {
        lost: lane.lost,
        overLimit: () => overLimit(handler),
        onTrail: (work) => runOnTrail(incoming, work),
        abandoned: (error) => {
          counts.failed.inc();
          this.metrics.abandoned.inc({ topic: handler.topic });
          abandoned = this.health.waits(`${handler.name} still runs, beyond its time limit of ${timeLimitMs} ms`);
          settle(() => failed(error));
        },
      });
      incoming.attempt++;
      const context = new MessageContext(incoming.record, group.raw, call);
      void handler.invoke(payload, context).then(onDone, onFailed);
    });
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
