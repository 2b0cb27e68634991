import type { ConsumedRecord } from '../client/index.js';
import type { DeadLetters } from '../dead-letters/dead-letters.js';
import { MessagingError } from '../errors.js';
import type { EventHandling } from '../errors-and-retries/event-handling.js';
import type { Place } from '../handling/handler-calls.js';
import type { LaneControl, Outcome } from '../handling/lane-control.js';
import type { RegisteredHandler } from '../handling/registered-handler.js';
import { attemptsOf, dueOf, readRetry } from './retry-record.js';

/** Handles one record of a retry topic: waits until it is due, then it is the event that it was in its origin. */
export class RetryHandling {
  constructor(
    private readonly events: EventHandling,
    private readonly deadLetters: DeadLetters,
    /** Topic of a contract → who handles its events now. */
    private readonly handlerOf: (topic: string) => RegisteredHandler | undefined,
  ) {}

  async handle(record: ConsumedRecord, delayMs: number, place: Place): Promise<Outcome> {
    if (!(await untilDue(dueOf(record, delayMs, Date.now()), place.lane))) return 'interrupted';
    const retry = readRetry(record);
    if (!retry) {
      const error = new NotARetryError('Its headers do not say which record it is.');
      return this.#bury(record, { attempts: attemptsOf(record), group: place.group.groupId, error }, place.lane);
    }
    const handler = this.handlerOf(retry.record.topic);
    // A deploy took it away, or somebody wrote this record.
    if (handler?.kind !== 'event' || handler.delivery !== 'one-replica') {
      const error = new NoHandlerError(`No handler takes ${retry.record.topic} any more.`);
      return this.#bury(retry.record, { attempts: retry.attempts, group: retry.group, error }, place.lane);
    }
    const { attempts, group } = retry;
    return this.events.handle(retry.record, handler, place, { attempts, group, delayMs });
  }

  #bury(
    record: ConsumedRecord,
    why: { attempts: number; group: string; error: Error },
    lane: LaneControl,
  ): Promise<Outcome> {
    return this.deadLetters.bury(record, { handler: '(none)', ...why }, lane);
  }
}

/** False where the lane was frozen meanwhile. A timer may fire a moment early, by this clock: never before it is due. */
async function untilDue(due: number, lane: LaneControl): Promise<boolean> {
  for (let left = due - Date.now(); left > 0; left = due - Date.now()) {
    if (!(await lane.pause(left))) return false;
  }
  return true;
}

/** In a retry topic, and no retry. */
class NotARetryError extends MessagingError {
  readonly code = 'NOT_A_RETRY';
}

/** Its handler is gone. */
class NoHandlerError extends MessagingError {
  readonly code = 'NO_HANDLER';
}
