import type { Consumer } from 'kafkajs';
import { ask } from '../asking.js';
import type { Outcome, Task } from '../task.js';
import { connectionOf, DefaultPartitioner } from './client.js';

/** There and back with nothing in between: what a question and its answer cannot be faster than. */
export async function measure(task: Task): Promise<Outcome> {
  const { brokers, service, topic } = task;
  const kafka = connectionOf(brokers, service);
  const back = `${topic}.reply`;
  const producer = kafka.producer({ createPartitioner: DefaultPartitioner });
  await producer.connect();
  const waiting = new Map<string, () => void>();
  const there = kafka.consumer({ groupId: `${service}-there`, maxWaitTimeInMs: 100 });
  const again = kafka.consumer({ groupId: `${service}-back`, maxWaitTimeInMs: 100 });
  await read(there, topic, (n) => producer.send({ topic: back, messages: [{ value: n }] }));
  await read(again, back, (n) => {
    waiting.get(n)?.();
    waiting.delete(n);
    return Promise.resolve();
  });
  return ask(task, async (n) => {
    const answered = new Promise<void>((resolve) => waiting.set(String(n), resolve));
    await producer.send({ topic, messages: [{ value: String(n) }] });
    await answered;
    return n;
  });
}

/** Resolves when its group has its partitions. */
async function read(consumer: Consumer, topic: string, handle: (value: string) => Promise<unknown>): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.run({ eachMessage: async ({ message }) => void (await handle(String(message.value))) });
  await joined;
}
