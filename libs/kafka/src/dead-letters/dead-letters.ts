import { Logger } from '@nestjs/common';
import type { ConsumedRecord, DeadLetterNotice, KafkaSettings } from '../client/index.js';
import type { KafkaMetrics } from '../counting/metrics.js';
import { toError } from '../errors-and-retries/classify.js';
import type { Handover } from '../errors-and-retries/handover.js';
import type { LaneControl, Outcome } from '../handling/lane-control.js';
import {
  className,
  deadLetter,
  deadLetterTopic,
  errorCode,
  type GivingUp,
  onlyOrigin,
  withoutValue,
} from './dead-letter.js';

/** The messages that this service gave up on. */
export class DeadLetters {
  readonly #logger = new Logger('DeadLetters');

  constructor(
    private readonly service: string,
    private readonly handover: Handover,
    private readonly metrics: KafkaMetrics,
    private readonly onDeadLetter: KafkaSettings['onDeadLetter'],
  ) {}

  /**
   * Settled when the broker has the dead letter; while it can't be written the lane waits, and health is degraded.
   * Never rejects: the offset must not move before.
   * @param record as it was in its origin
   */
  async bury(record: ConsumedRecord, why: Omit<GivingUp, 'service'>, lane: LaneControl): Promise<Outcome> {
    const letter = deadLetter(record, { service: this.service, ...why });
    for (const form of [letter, withoutValue(letter, record), onlyOrigin(letter, record)]) {
      const result = await this.handover.write(form, lane);
      if (result === 'interrupted') return 'interrupted';
      if (result === 'written') break;
    }
    this.#tell(record, why);
    return 'settled';
  }

  /** One structured line, one count, and whoever wants to know. */
  #tell(record: ConsumedRecord, { group, handler, attempts, error }: Omit<GivingUp, 'service'>): void {
    const code = errorCode(error);
    const { topic, partition, offset } = record;
    const place = { deadLetterTopic: deadLetterTopic(this.service), topic, partition, offset };
    this.metrics.deadLetters.inc({ topic, code });
    void this.#notify({ ...place, group, handler, attempts, code, error });
    this.#logger.error({
      message: `Gave up on ${topic}/${partition}@${offset}: ${error.message}`,
      deadLetterTopic: place.deadLetterTopic,
      group,
      handler,
      attempts,
      code,
      error: className(error),
    });
  }

  async #notify(notice: DeadLetterNotice): Promise<void> {
    try {
      await this.onDeadLetter?.(notice);
    } catch (thrown) {
      this.#logger.error(`onDeadLetter failed: ${toError(thrown).message}`);
    }
  }
}
