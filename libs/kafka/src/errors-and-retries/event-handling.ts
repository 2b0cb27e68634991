import { Logger } from '@nestjs/common';
import type { ConsumedRecord } from '../client/index.js';
import { runOnTrail } from '../correlation/correlation.js';
import { TimeLimitError } from '../errors.js';
import type { DeadLetters } from '../dead-letters/dead-letters.js';
import type { HandlerCalls, Place } from '../handling/handler-calls.js';
import { Incoming, readPayload } from '../handling/incoming.js';
import type { Outcome } from '../handling/lane.js';
import type { RegisteredHandler } from '../handling/registered-handler.js';
import type { KafkaHealth } from '../health/kafka-health.js';
import { delayName } from '../retry-topics/retry-topic.js';
import type { RetryTopics } from '../retry-topics/retry-topics.js';
import { isError, type Verdict } from './classify.js';
import type { FailurePolicy } from './failure-policy.js';

/** Pauses of a lane that waits for a dependency, in ms: probes are at most 5 s apart. */
const DEPENDENCY_PAUSES = [200, 500, 1_000, 2_000, 5_000];

/** An event that comes from a retry topic. */
export interface ComesAgain {
  /** Calls of the handler until now. */
  readonly attempts: number;
  /** The group in which it failed first. */
  readonly group: string;
  /** Of the retry topic, in ms. */
  readonly delayMs: number;
}

interface Task {
  readonly incoming: Incoming;
  readonly handler: RegisteredHandler;
  readonly place: Place;
  /** In a retry topic there is one attempt, and then the next topic. */
  readonly pausesMs: readonly number[];
  /** The group in which it failed first. */
  readonly group: string;
  /** The retry topic that comes next, in ms; undefined: a dead letter does. */
  readonly delayMs: number | undefined;
}

/** Handles one event to its end: done, in a retry topic, or a dead letter. No failure gets out of here. */
export class EventHandling {
  readonly #logger = new Logger('Kafka');

  constructor(
    private readonly deadLetters: DeadLetters,
    private readonly retryTopics: RetryTopics,
    private readonly health: KafkaHealth,
    private readonly calls: HandlerCalls,
    private readonly verdictOn: (error: Error) => Verdict,
  ) {}

  handle(record: ConsumedRecord, handler: RegisteredHandler, place: Place, again?: ComesAgain): Promise<Outcome> {
    const incoming = new Incoming(record);
    incoming.attempt = again?.attempts ?? 0;
    // Every line of the log about this message carries its correlation id.
    return runOnTrail(incoming, () =>
      this.#attempt<Outcome>(
        incoming,
        handler,
        place,
        () => this.#handled(incoming, handler, place),
        (error) => this.#tryAgain(error, taskOf(incoming, handler, place, again)),
      ),
    );
  }

  #attempt<T>(
    incoming: Incoming,
    handler: RegisteredHandler,
    place: Place,
    done: () => T | Promise<T>,
    failed: (error: Error) => T | Promise<T>,
  ): Promise<T> {
    const payload = readPayload(incoming.record, handler.contract);
    if (isError(payload)) return Promise.resolve(failed(payload));
    return this.calls.call(incoming, payload, handler, place, done, failed);
  }

  #handled(incoming: Incoming, handler: RegisteredHandler, { lane, group }: Place): Outcome {
    if (lane.lost.aborted) return 'interrupted';
    this.calls.settled(incoming, handler, group, 'handled');
    return 'settled';
  }

  async #tryAgain(first: Error, task: Task): Promise<Outcome> {
    const { incoming, handler, place } = task;
    const { lane } = place;
    const patience = new Patience(task.pausesMs, this.health, this.verdictOn);
    try {
      for (let error: Error | undefined = first; error;) {
        if (lane.lost.aborted) return 'interrupted';
        const pauseMs = patience.after(error, incoming.record.topic);
        if (pauseMs === 'hopeless') return await this.#giveUp(error, task);
        if (pauseMs === 'exhausted') return await this.#tryLater(error, task);
        const again = `failed at attempt ${incoming.attempt}, again in ${pauseMs} ms`;
        this.#logger.warn(`${handler.name} ${again}: ${error.message}`);
        if (!(await lane.pause(pauseMs))) return 'interrupted';
        error = await this.#attempt<Error | undefined>(incoming, handler, place, noError, (failure) => failure);
      }
    } finally {
      patience.end();
    }
    return this.#handled(incoming, handler, place);
  }

  async #tryLater(error: Error, task: Task): Promise<Outcome> {
    const { incoming, handler, place, delayMs } = task;
    if (delayMs === undefined) return await this.#giveUp(error, task);
    const result = await this.retryTopics.later(incoming.record, whyOf(error, task), delayMs, place.lane);
    if (result === 'too-large') return await this.#giveUp(error, task);
    if (result === 'interrupted') return result;
    this.calls.settled(incoming, handler, place.group, `retry-${delayName(delayMs)}`);
    return 'settled';
  }

  async #giveUp(error: Error, task: Task): Promise<Outcome> {
    const { incoming, handler, place } = task;
    const buried = await this.deadLetters.bury(incoming.record, whyOf(error, task), place.lane);
    if (buried === 'settled') this.calls.settled(incoming, handler, place.group, 'dead-letter');
    return buried;
  }
}

const whyOf = (error: Error, { incoming, handler, group }: Task) => ({
  group,
  handler: handler.name,
  attempts: incoming.attempt,
  error,
});

function taskOf(incoming: Incoming, handler: RegisteredHandler, place: Place, again: ComesAgain | undefined): Task {
  const { pausesMs, delaysMs }: FailurePolicy = handler.policy;
  const delayMs = delaysMs.find((delay) => delay > (again?.delayMs ?? 0));
  const group = again?.group ?? place.group.groupId;
  return { incoming, handler, place, group, pausesMs: again ? [] : pausesMs, delayMs };
}

/** How long one message is tried again in place, and what health says meanwhile. */
class Patience {
  #failures = 0;
  #probes = 0;
  #recovered: (() => void) | undefined;

  constructor(
    private readonly pausesMs: readonly number[],
    private readonly health: KafkaHealth,
    private readonly verdictOn: (error: Error) => Verdict,
  ) {}

  /** Milliseconds until the next attempt in place; `hopeless`: no attempt can help. */
  after(error: Error, topic: string): number | 'exhausted' | 'hopeless' {
    const verdict = this.verdictOn(error);
    if (verdict === 'give-up') return 'hopeless';
    // An attempt in place would run beside it.
    if (error instanceof TimeLimitError && error.abandoned) return 'exhausted';
    if (verdict === 'try-again') return this.pausesMs[this.#failures++] ?? 'exhausted';
    this.#recovered ??= this.health.waits(`${topic} waits: ${error.message}`);
    return DEPENDENCY_PAUSES[Math.min(this.#probes++, DEPENDENCY_PAUSES.length - 1)] as number;
  }

  end(): void {
    this.#recovered?.();
  }
}

const noError = (): undefined => undefined;
