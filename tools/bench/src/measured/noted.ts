import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Task } from './task.js';

const COMMITTED_WITHIN_MS = 10_000;
const INSERT = 'insert into sales (account, sequence) values ($1, $2)';
const COUNT = `select (select count(*) from sales)::int as sales, (select count(*) from inbox)::int as inbox`;

/** What a handler writes. */
export async function noteSale(
  db: Pick<pg.Pool | pg.PoolClient, 'query'>,
  { account, sequence }: { readonly account: string; readonly sequence: number },
): Promise<void> {
  await db.query(INSERT, [account, sequence]);
}

/** Whether each message has left its row, and one in the inbox, once the last transactions are committed. */
export async function notedProblems({ databaseUrl, warmUp, measured }: Task): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const deadline = Date.now() + COMMITTED_WITHIN_MS;
  try {
    for (;;) {
      const { rows } = await client.query<{ sales: number; inbox: number }>(COUNT);
      const { sales = 0, inbox = 0 } = rows[0] ?? {};
      if (sales === warmUp + measured && inbox === sales) return [];
      if (Date.now() > deadline) return [`${sales} rows and ${inbox} in the inbox instead of ${warmUp + measured}`];
      await pause(20);
    }
  } finally {
    await client.end();
  }
}
