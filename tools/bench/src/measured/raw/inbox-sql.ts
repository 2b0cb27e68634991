import pg from 'pg';
import { notedProblems, noteSale } from '../noted.js';
import { saleFields } from '../payload.js';
import type { Outcome, Task } from '../task.js';
import { Window } from '../window.js';

const BATCH = 500;
const INBOX = `
  insert into inbox (handler, message_id) select 'NoteSale.handle', message from unnest($1::text[]) as message
  on conflict do nothing returning message_id`;

/** The inserts of handlers and inbox in transactions as large as a batch, one connection for each partition, without Kafka. */
export async function measure(task: Task): Promise<Outcome> {
  const { databaseUrl, partitions, keys, warmUp, measured } = task;
  const window = new Window(task);
  const total = warmUp + measured;
  let begun = 0;
  const lane = async (): Promise<void> => {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    while (begun < total) {
      const numbers = Array.from({ length: Math.min(BATCH, total - begun) }, (_, index) => begun + index);
      begun += numbers.length;
      await client.query('begin');
      await client.query(INBOX, [numbers.map((number) => `${task.topic}/0/${number}`)]);
      for (const number of numbers) await noteSale(client, saleFields(number % keys, Math.floor(number / keys)));
      await client.query('commit');
      window.tick(numbers.length);
    }
    await client.end();
  };
  await Promise.all(Array.from({ length: partitions }, lane));
  return { metrics: await window.metrics, problems: await notedProblems(task) };
}
