import { Handled } from '../handled.js';
import type { SaleFields } from '../payload.js';
import type { Outcome, Task } from '../task.js';
import { load } from './client.js';

export async function measure(task: Task): Promise<Outcome> {
  const handled = new Handled(task);
  const { brokers, service, topic } = task;
  const { Consumer } = await load();
  const consumer = new Consumer({ clientId: service, groupId: service, bootstrapBrokers: brokers, maxWaitTime: 100 });
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: 500, highWaterMark: 4_096 });
  void read(stream, handled);
  return handled.outcome();
}

async function read(stream: AsyncIterable<{ readonly value: Buffer }>, handled: Handled): Promise<void> {
  for await (const { value } of stream) handled.note(JSON.parse(String(value)) as SaleFields);
}
