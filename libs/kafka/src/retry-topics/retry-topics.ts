import { Logger } from '@nestjs/common';
import type { ConsumedRecord } from '../client/index.js';
import type { GivingUp } from '../dead-letters/dead-letter.js';
import type { Handover, HandoverResult } from '../errors-and-retries/handover.js';
import type { LaneControl } from '../handling/lane-control.js';
import { retryRecord } from './retry-record.js';
import { retryTopic } from './retry-topic.js';

/** Where messages wait for another try without holding up those behind them. */
export class RetryTopics {
  readonly #logger = new Logger('RetryTopics');

  constructor(
    private readonly service: string,
    private readonly handover: Handover,
  ) {}

  /** @param record as it was in its origin */
  async later(
    record: ConsumedRecord,
    why: Omit<GivingUp, 'service'>,
    delayMs: number,
    lane: LaneControl,
  ): Promise<HandoverResult> {
    const result = await this.handover.write(retryRecord(record, { service: this.service, ...why }, delayMs), lane);
    if (result === 'written') {
      const { handler, attempts, error } = why;
      const where = `again through ${retryTopic(this.service, delayMs)}`;
      this.#logger.warn(`${handler} failed at attempt ${attempts}, ${where}: ${error.message}`);
    }
    return result;
  }
}
