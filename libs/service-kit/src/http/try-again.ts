import { DependencyDownError, NotPublishedError, ShuttingDownError } from '@fieldguide/kafka';
import { ServiceUnavailableException } from '@nestjs/common';
import { isDatabaseDown } from '../database/database-errors.js';

/** 503 with `Retry-After`: what was asked is right, and may work soon. */
export class TryAgainException extends ServiceUnavailableException {
  /** @param facts what else the answer's body tells */
  constructor(
    message: string,
    readonly afterSeconds: number,
    facts: object = {},
    options?: { cause?: unknown },
  ) {
    super({ statusCode: 503, message, ...facts }, options);
  }
}

/** Whether an error of messaging or the database may be gone at a later try: an outage, or this replica's end. */
export function isPassing(error: unknown): boolean {
  const passing = [DependencyDownError, NotPublishedError, ShuttingDownError];
  return passing.some((type) => error instanceof type) || isDatabaseDown(error);
}
