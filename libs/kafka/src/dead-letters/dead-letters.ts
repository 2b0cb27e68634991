import { Logger } from '@nestjs/common';
import type { ConsumedRecord, DeadLetterNotice, KafkaSettings } from '../client/index.js';
import { currentCorrelationId } from '../correlation/correlation.js';
import type { KafkaMetrics } from '../counting/metrics.js';
import { toError } from '../errors-and-retries/classify.js';
import type { Handover } from '../errors-and-retries/handover.js';
import { Incoming } from '../handling/incoming.js';
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
    const known = { service: this.service, ...why };
    const letter = deadLetter(record, known);
    for (const form of [letter, withoutValue(letter, record), onlyOrigin(record, known)]) {
      const result = await this.handover.write(form, lane);
      if (result === 'interrupted') return 'interrupted';
      if (result === 'written') break;
    }
    this.#tell(record, why);
    return 'settled';
  }

  /** A handler gave up on a dead letter of another service: that stays in its topic, and no further record is written. */
  letBe(record: ConsumedRecord, why: Omit<GivingUp, 'service'>): void {
    this.metrics.deadLettersLetBe.inc({ topic: record.topic, code: errorCode(why.error) });
    this.#log('Gave up on a dead letter of another service,', record, why, record.topic);
  }

  /** One structured line, one count, and whoever wants to know. */
  #tell(record: ConsumedRecord, why: Omit<GivingUp, 'service'>): void {
    const { topic, partition, offset } = record;
    const { group, handler, attempts, error } = why;
    const code = errorCode(error);
    const place = { deadLetterTopic: deadLetterTopic(this.service), topic, partition, offset };
    this.metrics.deadLetters.inc({ topic, code });
    void this.#notify({ ...place, group, handler, attempts, code, error });
    this.#log('Gave up on', record, why, place.deadLetterTopic);
  }

  async #notify(notice: DeadLetterNotice): Promise<void> {
    try {
      await this.onDeadLetter?.(notice);
    } catch (thrown) {
      this.#logger.error(`onDeadLetter failed: ${toError(thrown).message}`);
    }
  }

  /** The sentence is for people, the fields are for who searches and counts: loggers write them as JSON. */
  #log(what: string, record: ConsumedRecord, why: Omit<GivingUp, 'service'>, deadLetterTopic: string): void {
    const { topic, partition, offset } = record;
    const { group, handler, attempts, error } = why;
    this.#logger.error(`${what} ${topic}/${partition}@${offset}: ${inOneLine(error)}`, {
      service: this.service,
      topic,
      partition,
      // JSON has no 64-bit numbers.
      offset: offset.toString(),
      group,
      handler,
      attempts,
      code: errorCode(error),
      error: className(error),
      deadLetterTopic,
      // Some records are given up on before anybody reads them.
      correlationId: currentCorrelationId() ?? new Incoming(record).correlationId,
    });
  }
}

const LONGEST_MESSAGE = 1_000;

const inOneLine = ({ message }: Error): string => String(message).replace(/\s+/g, ' ').slice(0, LONGEST_MESSAGE);
