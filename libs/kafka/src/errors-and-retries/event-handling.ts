import { Logger } from '@nestjs/common';
import type { ConsumedRecord } from '../client/index.js';
import { runOnTrail } from '../correlation/correlation.js';
import type { DeadLetters } from '../dead-letters/dead-letters.js';
import type { HandlerCalls, Place } from '../handling/handler-calls.js';
import { Incoming, readPayload } from '../handling/incoming.js';
import type { Outcome } from '../handling/lane.js';
import type { RegisteredHandler } from '../handling/registered-handler.js';
import type { KafkaHealth } from '../health/kafka-health.js';
import { classify, isError } from './classify.js';

/** Pauses of a lane that waits for a dependency, in ms: probes are at most 5 s apart. */
const DEPENDENCY_PAUSES = [200, 500, 1_000, 2_000, 5_000];

/** Handles one event to its end: done, or a dead letter. No failure gets out of here. */
export class EventHandling {
  readonly #logger = new Logger('Kafka');

  constructor(
    private readonly deadLetters: DeadLetters,
    private readonly retryPausesMs: readonly number[],
    private readonly health: KafkaHealth,
    private readonly calls: HandlerCalls,
  ) {}

  handle(record: ConsumedRecord, handler: RegisteredHandler, place: Place): Promise<Outcome> {
    const incoming = new Incoming(record);
    // Every line of the log about this message carries its correlation id.
    return runOnTrail(incoming, () =>
      this.#attempt<Outcome>(
        incoming,
        handler,
        place,
        () => this.#handled(incoming, handler, place),
        (error) => this.#tryAgain(error, incoming, handler, place),
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

  async #tryAgain(first: Error, incoming: Incoming, handler: RegisteredHandler, place: Place): Promise<Outcome> {
    const { lane } = place;
    const patience = new Patience(this.retryPausesMs, this.health);
    try {
      for (let error: Error | undefined = first; error;) {
        if (lane.lost.aborted) return 'interrupted';
        const pauseMs = patience.after(error, incoming.record.topic);
        if (pauseMs === undefined) return await this.#giveUp(error, incoming, handler, place);
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

  async #giveUp(error: Error, incoming: Incoming, handler: RegisteredHandler, place: Place): Promise<Outcome> {
    const { lane, group } = place;
    const why = { group: group.groupId, handler: handler.name, attempts: incoming.attempt, error };
    const buried = await this.deadLetters.bury(incoming.record, why, lane);
    if (buried === 'settled') this.calls.settled(incoming, handler, group, 'dead-letter');
    return buried;
  }
}

/** How long one message is tried again, and what health says meanwhile. */
class Patience {
  #failures = 0;
  #probes = 0;
  #recovered: (() => void) | undefined;

  constructor(
    private readonly pausesMs: readonly number[],
    private readonly health: KafkaHealth,
  ) {}

  /** Milliseconds until the next attempt; undefined where there is none. */
  after(error: Error, topic: string): number | undefined {
    const verdict = classify(error);
    if (verdict === 'give-up') return undefined;
    if (verdict === 'try-again') return this.pausesMs[this.#failures++];
    this.#recovered ??= this.health.waits(`${topic} waits: ${error.message}`);
    return DEPENDENCY_PAUSES[Math.min(this.#probes++, DEPENDENCY_PAUSES.length - 1)];
  }

  end(): void {
    this.#recovered?.();
  }
}

const noError = (): undefined => undefined;
