import { Logger } from '@nestjs/common';
import type { ConsumedRecord } from '../client/index.js';
import type { KafkaMetrics } from '../counting/metrics.js';
import { NotPublishedError } from '../errors.js';
import type { LaneControl, Outcome } from '../handling/lane.js';
import type { KafkaHealth } from '../health/kafka-health.js';
import type { RecordSender } from '../publishing/record-sender.js';
import { className, deadLetter, deadLetterTopic, errorCode, type GivingUp, withoutValue } from './dead-letter.js';

/** The messages that this service gave up on. */
export class DeadLetters {
  readonly #logger = new Logger('DeadLetters');

  constructor(
    private readonly service: string,
    private readonly sender: RecordSender,
    private readonly health: KafkaHealth,
    private readonly metrics: KafkaMetrics,
  ) {}

  /**
   * Settled when the broker has the dead letter; while it can't be written the lane waits, and health is degraded.
   * Never rejects: the offset must not move before.
   */
  async bury(record: ConsumedRecord, why: Omit<GivingUp, 'service'>, lane: LaneControl): Promise<Outcome> {
    let letter = deadLetter(record, { service: this.service, ...why });
    let written: (() => void) | undefined;
    try {
      for (let pauseMs = 200; ; pauseMs = Math.min(pauseMs * 2, 5_000)) {
        try {
          await this.sender.send(letter);
          break;
        } catch (error) {
          if (error instanceof NotPublishedError && error.reason === 'TOO_LARGE' && letter.value !== null) {
            letter = withoutValue(letter, record);
            continue;
          }
          const reason = `${letter.topic} can't be written: ${(error as Error).message}`;
          this.#logger.warn(reason);
          written ??= this.health.waits(reason);
        }
        if (!(await lane.pause(pauseMs))) return 'interrupted';
      }
    } finally {
      written?.();
    }
    this.#tell(record, why);
    return 'settled';
  }

  /** One structured line, and one count. */
  #tell(record: ConsumedRecord, { group, handler, attempts, error }: Omit<GivingUp, 'service'>): void {
    const code = errorCode(error);
    this.metrics.deadLetters.inc({ topic: record.topic, code });
    this.#logger.error({
      message: `Gave up on ${record.topic}/${record.partition}@${record.offset}: ${error.message}`,
      deadLetterTopic: deadLetterTopic(this.service),
      group,
      handler,
      attempts,
      code,
      error: className(error),
    });
  }
}
