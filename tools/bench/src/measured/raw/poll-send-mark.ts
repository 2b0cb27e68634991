import pg from 'pg';
import type { Outcome, Task } from '../task.js';
import { Window } from '../window.js';
import { connectionOf, DefaultPartitioner } from './client.js';

interface Row {
  readonly position: string;
  readonly key: string;
  readonly value: string;
  readonly headers: Record<string, string>;
}

const POLL = 'select position, key, value, headers from outbox where sent_at is null order by position limit 100';
const MARK = 'update outbox set sent_at = now() where position = $1';

/** An outbox as most articles have it: ask for what is not sent, send each, mark each. */
export async function measure(task: Task): Promise<Outcome> {
  const { brokers, service, topic, databaseUrl } = task;
  const window = new Window(task);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const producer = connectionOf(brokers, service).producer({ createPartitioner: DefaultPartitioner });
  await producer.connect();
  for (;;) {
    const { rows } = await client.query<Row>(POLL);
    if (rows.length === 0) return { metrics: await window.metrics, problems: [] };
    for (const { position, key, value, headers } of rows) {
      await producer.send({ topic, messages: [{ key, value, headers }] });
      await client.query(MARK, [position]);
      window.tick();
    }
  }
}
