import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { accountOf, saleFields } from '../measured/payload.js';
import { headersOf } from '../measured/stored.js';
import type { Task } from '../measured/task.js';

const ROWS = 5_000;

const INSERT = `
  insert into outbox (id, topic, key, value, headers)
  select id, $1, key, value, headers::json from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as row (id, key, value, headers)`;

/** All messages of a run, as a service would have stored them: round and round the keys, each with its own sequence. */
export async function fillOutbox(
  connectionString: string,
  { service, topic, keys, warmUp, measured }: Task,
): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const total = warmUp + measured;
    for (let from = 0; from < total; from += ROWS) {
      const numbers = Array.from({ length: Math.min(ROWS, total - from) }, (_, index) => from + index);
      const ids = numbers.map(() => randomUUID());
      await client.query(INSERT, [
        topic,
        ids,
        numbers.map((number) => accountOf(number % keys)),
        numbers.map((number) => JSON.stringify(saleFields(number % keys, Math.floor(number / keys)))),
        ids.map((id) => JSON.stringify(headersOf(id, topic, service))),
      ]);
    }
    // So that none of it falls into the measured time.
    await client.query('vacuum analyze outbox');
    await client.query('checkpoint');
  } finally {
    await client.end();
  }
}
