import { publishByCallers } from '../callers.js';
import { Coalescer } from '../coalescer.js';
import type { Outcome, Task } from '../task.js';
import { load } from './client.js';

interface Sent {
  readonly topic: string;
  readonly key: string;
  readonly value: string;
}

export async function measure(task: Task): Promise<Outcome> {
  const { brokers, service, topic } = task;
  const { Producer, stringSerializers } = await load();
  const producer = new Producer({
    clientId: service,
    bootstrapBrokers: brokers,
    serializers: stringSerializers,
    acks: -1,
    idempotent: true,
  });
  const coalescer = new Coalescer<Sent>((messages) => producer.send({ messages }));
  return publishByCallers(task, (sale) => coalescer.publish({ topic, key: sale.account, value: JSON.stringify(sale) }));
}
