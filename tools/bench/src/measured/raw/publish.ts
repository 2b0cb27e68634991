import type { Message } from 'kafkajs';
import { publishByCallers } from '../callers.js';
import { Coalescer } from '../coalescer.js';
import type { SaleFields } from '../payload.js';
import type { Outcome, Task } from '../task.js';
import { connectionOf, DefaultPartitioner } from './client.js';

export async function measure(task: Task): Promise<Outcome> {
  const { brokers, service, topic, options } = task;
  const idempotent = options['idempotent'] === true;
  const producer = connectionOf(brokers, service).producer({ idempotent, createPartitioner: DefaultPartitioner });
  await producer.connect();
  const send = (messages: Message[]) => producer.send({ topic, acks: -1, messages });
  const coalescer = new Coalescer<Message>(send);
  const publish = options['coalesced']
    ? (sale: SaleFields) => coalescer.publish(messageOf(sale))
    : (sale: SaleFields) => send([messageOf(sale)]);
  return publishByCallers(task, publish);
}

const messageOf = (sale: SaleFields): Message => ({ key: sale.account, value: JSON.stringify(sale) });
