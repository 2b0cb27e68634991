import { brokerErrorType, describeFailure, type GroupConsumer, isPassing, REBALANCE_MS } from '../client/index.js';
import { NotReadyError } from '../errors.js';
import { untilDeadline, within } from './until-deadline.js';

/**
 * Starts a consumer, and a fresh one while it is the way to the broker that fails.
 * @param timeoutMs for the way to the broker; the group may take its time beside: others finish what they are at
 * @throws NotReadyError where none could be started in time
 */
export async function startConsumer(groupId: string, timeoutMs: number, make: () => GroupConsumer): Promise<void> {
  try {
    const consumer = await untilDeadline(timeoutMs, () => connect(make()), mayPass);
    await within(timeoutMs + REBALANCE_MS, consumer.run());
  } catch (cause) {
    throw new NotReadyError(`group ${groupId} could not be joined: ${describeFailure(cause)}`, { cause });
  }
}

async function connect(consumer: GroupConsumer): Promise<GroupConsumer> {
  try {
    await consumer.connect();
    return consumer;
  } catch (error) {
    await consumer.stop().catch(() => undefined); // it never ran
    throw error;
  }
}

/** Topics were looked for before the start: of several brokers one may not know yet of those that are new. */
export const mayPass = (error: unknown): boolean =>
  isPassing(error) || brokerErrorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION';
