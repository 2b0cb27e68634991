import { Logger } from '@nestjs/common';
import { NotPublishedError } from '../errors.js';
import type { LaneControl } from '../handling/lane-control.js';
import type { KafkaHealth } from '../health/kafka-health.js';
import type { Draft, RecordSender } from '../publishing/record-sender.js';

/** `too-large`: its topic takes no record of this size. `interrupted`: the lane was frozen before the broker had it. */
export type HandoverResult = 'written' | 'interrupted' | 'too-large';

/** Gives a record to the broker before the offset of the one that it is about moves on. */
export class Handover {
  readonly #logger = new Logger('Kafka');

  constructor(
    private readonly sender: Pick<RecordSender, 'send'>,
    private readonly health: KafkaHealth,
  ) {}

  /** While it can't be written the lane waits, and health is degraded. Never rejects. */
  async write(draft: Draft, lane: LaneControl): Promise<HandoverResult> {
    let written: (() => void) | undefined;
    try {
      for (let pauseMs = 200; ; pauseMs = Math.min(pauseMs * 2, 5_000)) {
        try {
          await this.sender.send(draft);
          return 'written';
        } catch (error) {
          if (error instanceof NotPublishedError && error.reason === 'TOO_LARGE') return 'too-large';
          const reason = `${draft.topic} can't be written: ${(error as Error).message}`;
          this.#logger.warn(reason);
          written ??= this.health.waits(reason);
        }
        if (!(await lane.pause(pauseMs))) return 'interrupted';
      }
    } finally {
      written?.();
    }
  }
}
