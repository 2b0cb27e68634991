import { randomUUID } from 'node:crypto';
import type { Message } from 'kafkajs';
import { accountOf, saleFields } from '../payload.js';
import { headersOf } from '../stored.js';
import type { Outcome, Task } from '../task.js';
import { Window } from '../window.js';
import { connectionOf, DefaultPartitioner } from './client.js';

const BATCH = 1_000;

/** An idempotent producer, and records that are there already: a relay without a database. */
export async function measure(task: Task): Promise<Outcome> {
  const { brokers, service, topic, warmUp, measured } = task;
  const kafka = connectionOf(brokers, service);
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner: DefaultPartitioner });
  await producer.connect();
  const total = warmUp + measured;
  const messages = Array.from({ length: total }, (_, number) => messageOf(task, number));
  const window = new Window(task);
  for (let from = 0; from < total; from += BATCH) {
    const batch = messages.slice(from, from + BATCH);
    await producer.send({ topic, acks: -1, messages: batch });
    window.tick(batch.length);
  }
  return { metrics: await window.metrics, problems: [] };
}

function messageOf({ keys, topic, service }: Task, number: number): Message {
  const key = number % keys;
  const value = JSON.stringify(saleFields(key, Math.floor(number / keys)));
  return { key: accountOf(key), value, headers: headersOf(randomUUID(), topic, service) };
}
