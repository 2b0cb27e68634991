import { describeFailure, type GroupConsumer, isPassing } from '../client/index.js';
import { NotReadyError } from '../errors.js';
import { untilDeadline } from './until-deadline.js';

/**
 * Starts a consumer, and a fresh one while it is the way to the broker that fails.
 * @throws NotReadyError where none could be started in time
 */
export async function startConsumer(groupId: string, timeoutMs: number, make: () => GroupConsumer): Promise<void> {
  try {
    await untilDeadline(timeoutMs, async () => {
      const consumer = make();
      try {
        await consumer.start();
      } catch (error) {
        await consumer.stop().catch(() => undefined); // it never ran
        throw error;
      }
    });
  } catch (cause) {
    const late = isPassing(cause) ? ` within ${timeoutMs} ms` : '';
    throw new NotReadyError(`group ${groupId} could not be joined${late}: ${describeFailure(cause)}`, { cause });
  }
}
