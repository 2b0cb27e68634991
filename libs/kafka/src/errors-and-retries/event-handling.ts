import { Logger } from '@nestjs/common';
import type { ConsumedRecord } from '../client/index.js';
import { runOnTrail } from '../correlation/correlation.js';
import type { Journal } from '../counting/journal.js';
import type { KafkaMetrics } from '../counting/metrics.js';
import type { DeadLetters } from '../dead-letters/dead-letters.js';
import type { HandlingGroup } from '../handling/handling-group.js';
import { type Incoming, readHeaders, readPayload } from '../handling/incoming.js';
import type { LaneControl, Outcome } from '../handling/lane.js';
import { MessageContext } from '../handling/message-context.js';
import type { RegisteredHandler } from '../handling/registered-handler.js';
import type { KafkaHealth } from '../health/kafka-health.js';
import { classify, isError, toError } from './classify.js';

/** Pauses of a lane that waits for a dependency, in ms: probes are at most 5 s apart. */
const DEPENDENCY_PAUSES = [200, 500, 1_000, 2_000, 5_000];

/** Handles one event to its end: done, or a dead letter. No failure gets out of here. */
export class EventHandling {
  readonly #logger = new Logger('Kafka');

  constructor(
    private readonly deadLetters: DeadLetters,
    private readonly retryPausesMs: readonly number[],
    private readonly health: KafkaHealth,
    private readonly metrics: KafkaMetrics,
    private readonly journal: Journal,
  ) {}

  handle(
    record: ConsumedRecord,
    handler: RegisteredHandler,
    lane: LaneControl,
    group: HandlingGroup,
  ): Promise<Outcome> {
    const incoming = readHeaders(record);
    // Every line of the log about this message carries its correlation id.
    return runOnTrail(incoming.trail, () => this.#handle(record, incoming, handler, lane, group));
  }

  async #handle(
    record: ConsumedRecord,
    incoming: Incoming,
    handler: RegisteredHandler,
    lane: LaneControl,
    group: HandlingGroup,
  ): Promise<Outcome> {
    let failures = 0;
    let probes = 0;
    /** Calls of the handler: what can't be read never gets there. */
    let attempt = 0;
    let recovered: (() => void) | undefined;
    try {
      for (;;) {
        const payload = readPayload(record, handler.contract);
        if (!isError(payload)) attempt++;
        const error = isError(payload)
          ? payload
          : await this.#attempt(record, incoming, handler, payload, lane, group, attempt);
        if (lane.lost.aborted) return 'interrupted';
        if (!error) return this.#settled(record, incoming, handler, group, attempt, 'handled');
        const verdict = classify(error);
        const pauseMs =
          verdict === 'wait-for-dependency'
            ? DEPENDENCY_PAUSES[Math.min(probes++, DEPENDENCY_PAUSES.length - 1)]
            : this.retryPausesMs[failures++];
        if (verdict === 'give-up' || pauseMs === undefined) {
          const { name } = handler;
          const buried = await this.deadLetters.bury(
            record,
            { group: group.groupId, handler: name, attempts: attempt, error },
            lane,
          );
          if (buried === 'interrupted') return buried;
          return this.#settled(record, incoming, handler, group, attempt, 'dead-letter');
        }
        this.#logger.warn(`${handler.name} failed at attempt ${attempt}, again in ${pauseMs} ms: ${error.message}`);
        if (verdict === 'wait-for-dependency')
          recovered ??= this.health.waits(`${record.topic} waits: ${error.message}`);
        if (!(await lane.pause(pauseMs))) return 'interrupted';
      }
    } finally {
      recovered?.();
    }
  }

  /** The handler's error; undefined where there was none. */
  async #attempt(
    record: ConsumedRecord,
    incoming: Incoming,
    handler: RegisteredHandler,
    payload: object,
    lane: LaneControl,
    group: HandlingGroup,
    attempt: number,
  ): Promise<Error | undefined> {
    const { topic, partition, offset } = record;
    const message = { id: incoming.id, topic, partition, offset, attempt };
    const stopTimer = this.metrics.duration.startTimer({ topic });
    try {
      const context = new MessageContext(record, group.raw, lane.lost);
      await runOnTrail({ ...incoming.trail, message }, () => handler.invoke(payload, context));
      this.metrics.attempts.inc({ topic, result: 'ok' });
      return undefined;
    } catch (thrown) {
      this.metrics.attempts.inc({ topic, result: 'failed' });
      return toError(thrown);
    } finally {
      stopTimer();
    }
  }

  #settled(
    record: ConsumedRecord,
    { id, type, trail }: Incoming,
    handler: RegisteredHandler,
    group: HandlingGroup,
    attempt: number,
    outcome: string,
  ): Outcome {
    const { topic, partition, offset, key } = record;
    this.metrics.handled.inc({ topic, group: group.groupId, outcome });
    this.journal.write({
      topic,
      partition,
      offset,
      group: group.groupId,
      handler: handler.name,
      attempt,
      outcome,
      correlationId: trail.correlationId,
      id,
      type,
      key: key?.toString('utf8') ?? null,
    });
    return 'settled';
  }
}
