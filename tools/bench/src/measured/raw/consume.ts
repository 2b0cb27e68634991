import { Handled } from '../handled.js';
import type { SaleFields } from '../payload.js';
import type { Outcome, Task } from '../task.js';
import { connectionOf } from './client.js';

export async function measure(task: Task): Promise<Outcome> {
  const handled = new Handled(task);
  const { brokers, service, topic } = task;
  const consumer = connectionOf(brokers, service).consumer({ groupId: service, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommitInterval: 500,
    eachBatch: ({ batch }) => {
      for (const { value } of batch.messages) handled.note(JSON.parse(String(value)) as SaleFields);
      return Promise.resolve();
    },
  });
  return handled.outcome();
}
