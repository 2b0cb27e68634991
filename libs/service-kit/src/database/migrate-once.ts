import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';

/** Any number, the same in every replica: the lock belongs to one database. */
const LOCK = 4_118_223_001;
const LOCK_WAIT_MS = 60_000;

/**
 * Runs the migrations that a database has not seen. Drizzle reads the last one outside of its transaction, so that of
 * two replicas that start at once both would run it: an advisory lock lets one after the other do it.
 */
export async function migrateOnce(options: pg.ClientConfig, migrationsFolder: string): Promise<void> {
  const client = new pg.Client({ ...options, statement_timeout: LOCK_WAIT_MS, query_timeout: LOCK_WAIT_MS + 1_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query('set client_min_messages = warning');
    await migrate(drizzle(client), { migrationsFolder });
  } finally {
    // Ending the connection gives the lock back, whatever happened to it.
    await client.end().catch(() => undefined);
  }
}
