import { Logger } from '@nestjs/common';
import type { ConsumedRecord } from '../client/index.js';
import { runOnTrail } from '../correlation/correlation.js';
import type { KafkaMetrics } from '../counting/metrics.js';
import type { DeadLetters } from '../dead-letters/dead-letters.js';
import { readDeadLetter } from '../dead-letters/of-others/dead-letter-received.js';
import type { HandlerCalls, Place } from '../handling/handler-calls.js';
import { Incoming, readPayload } from '../handling/incoming.js';
import type { Outcome } from '../handling/lane-control.js';
import type { RegisteredHandler } from '../handling/registered-handler.js';
import type { KafkaHealth } from '../health/kafka-health.js';
import { delayName } from '../retry-topics/retry-topic.js';
import type { RetryTopics } from '../retry-topics/retry-topics.js';
import { Breaker } from '../outages/breaker.js';
import { isError, type Verdict } from './classify.js';
import { type Failed, Patience } from '../outages/patience.js';

/** An event that comes from a retry topic. */
export interface ComesAgain {
  /** Calls of the handler until now. */
  readonly attempts: number;
  /** The group in which it failed first. */
  readonly group: string;
  /** Of the retry topic, in ms. */
  readonly delayMs: number;
}

/** How a service judges failures. */
export interface Judging {
  verdictOn(this: void, error: Error): Verdict;
  /** Whether messages that fail alike are taken for a dependency that is down. */
  readonly breaker: boolean;
}

interface Task {
  readonly incoming: Incoming;
  readonly handler: RegisteredHandler;
  readonly place: Place;
  readonly isRetry: boolean;
  /** The group in which it failed first. */
  readonly group: string;
  /** The retry topic that comes next, in ms; undefined: a dead letter does. */
  readonly delayMs: number | undefined;
}

/** Handles one event to its end: done, in a retry topic, or a dead letter. No failure gets out of here. */
export class EventHandling {
  readonly #logger = new Logger('Kafka');
  readonly #breakers = new Map<RegisteredHandler, Breaker>();

  constructor(
    private readonly deadLetters: DeadLetters,
    private readonly retryTopics: RetryTopics,
    private readonly health: KafkaHealth,
    private readonly metrics: KafkaMetrics,
    private readonly calls: HandlerCalls,
    private readonly judging: Judging,
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

  /** Goes on with an event whose first call failed, and still runs. */
  goOnWith(record: ConsumedRecord, error: Error, handler: RegisteredHandler, place: Place): Promise<Outcome> {
    const incoming = new Incoming(record);
    incoming.attempt = 1;
    return runOnTrail(incoming, () => this.#tryAgain(error, taskOf(incoming, handler, place, undefined)));
  }

  /** @returns to be called when what begins now got through */
  begins(handler: RegisteredHandler): () => void {
    const breaker = this.#breakerOf(handler);
    const { trouble } = breaker;
    return () => breaker.gotThrough(trouble);
  }

  #attempt<T>(
    incoming: Incoming,
    handler: RegisteredHandler,
    place: Place,
    done: () => T | Promise<T>,
    failed: (error: Error) => T | Promise<T>,
  ): Promise<T> {
    const { record } = incoming;
    const payload = handler.kind === 'dead-letter' ? readDeadLetter(record) : readPayload(record, handler.contract);
    if (isError(payload)) return Promise.resolve(failed(payload));
    const breaker = this.#breakerOf(handler);
    const { trouble } = breaker;
    const gotThrough = () => {
      breaker.gotThrough(trouble);
      return done();
    };
    return this.calls.call(incoming, payload, handler, place, trouble ? gotThrough : done, failed);
  }

  #handled(incoming: Incoming, handler: RegisteredHandler, { lane, group }: Place): Outcome {
    if (lane.lost.aborted) return 'interrupted';
    this.calls.settled(incoming, handler, group, 'handled');
    return 'settled';
  }

  async #tryAgain(first: Error, task: Task): Promise<Outcome> {
    const { incoming, handler, place } = task;
    const patience = new Patience(this.#failedOf(task), this.health, this.judging.verdictOn);
    try {
      for (let error: Error | undefined = first; error;) {
        const next = await patience.next(error, incoming.attempt);
        if (next === 'interrupted') return next;
        if (next === 'give-up') return await this.#giveUp(error, task);
        if (next === 'later') return await this.#tryLater(error, task);
        error = await this.#attempt<Error | undefined>(incoming, handler, place, noError, (failure) => failure);
      }
    } finally {
      patience.end();
    }
    return this.#handled(incoming, handler, place);
  }

  #failedOf({ incoming: { record }, handler, place: { lane }, isRetry }: Task): Failed {
    const { name, policy } = handler;
    // In a retry topic there is one attempt, and then the next topic.
    const pausesMs = isRetry ? [] : policy.pausesMs;
    return { record, lane, breaker: this.#breakerOf(handler), name, pausesMs, keepsOrder: policy.keepsOrder, isRetry };
  }

  #breakerOf(handler: RegisteredHandler): Breaker {
    let breaker = this.#breakers.get(handler);
    if (!breaker) {
      breaker = new Breaker(this.judging.breaker, (messages, cause) => this.#suspects(handler, messages, cause));
      this.#breakers.set(handler, breaker);
    }
    return breaker;
  }

  #suspects({ name, topic }: RegisteredHandler, messages: number, cause: string): void {
    this.metrics.outages.inc({ topic });
    const waits = 'none got through since: lanes wait until one does, as for a dependency that is down';
    this.#logger.warn(`${name}: ${messages} messages failed alike (${cause}), ${waits}.`);
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
    if (handler.kind === 'dead-letter') return this.#letBe(error, task);
    const buried = await this.deadLetters.bury(incoming.record, whyOf(error, task), place.lane);
    if (buried === 'settled') this.calls.settled(incoming, handler, place.group, 'dead-letter');
    return buried;
  }

  /** A dead letter about a dead letter could go round for ever; this one stays where it is. */
  #letBe(error: Error, task: Task): Outcome {
    const { incoming, handler, place } = task;
    this.deadLetters.letBe(incoming.record, whyOf(error, task));
    this.calls.settled(incoming, handler, place.group, 'given-up');
    return 'settled';
  }
}

const whyOf = (error: Error, { incoming, handler, group }: Task) => ({
  group,
  handler: handler.name,
  attempts: incoming.attempt,
  error,
});

function taskOf(incoming: Incoming, handler: RegisteredHandler, place: Place, again: ComesAgain | undefined): Task {
  const delayMs = handler.policy.delaysMs.find((delay) => delay > (again?.delayMs ?? 0));
  const group = again?.group ?? place.group.groupId;
  return { incoming, handler, place, group, isRetry: again !== undefined, delayMs };
}

const noError = (): undefined => undefined;
