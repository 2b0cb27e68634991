import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { DatabaseDownError } from './database-errors.js';

/** Any number, the same in every replica: the lock belongs to one database. */
const LOCK = 4_118_223_001;
const LOCK_WAIT_MS = 60_000;
/** PostgreSQL's code where `lock_timeout` is over. */
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Runs the migrations that a database has not seen. Drizzle reads the last one outside of its transaction, so that of
 * two replicas that start at once both would run it: an advisory lock lets one after the other do it. Waiting for it is
 * bounded; a migration is not, because one that is cut would begin anew at each start, and never end.
 * @throws DatabaseDownError where another holds the lock longer than `lockWaitMs`
 */
export async function migrateOnce(
  options: pg.ClientConfig,
  migrationsFolder: string,
  lockWaitMs = LOCK_WAIT_MS,
): Promise<void> {
  const client = new pg.Client({ ...options, statement_timeout: 0, query_timeout: 0 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await takeLock(client, lockWaitMs);
    await client.query('set client_min_messages = warning');
    await migrate(drizzle(client), { migrationsFolder });
  } finally {
    // Ending the connection gives the lock back, whatever happened to it.
    await client.end().catch(() => undefined);
  }
}

async function takeLock(client: pg.Client, withinMs: number): Promise<void> {
  await client.query(`set lock_timeout = ${withinMs}`);
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
  } catch (cause) {
    if ((cause as pg.DatabaseError).code !== LOCK_NOT_AVAILABLE) throw cause;
    const held = `Another replica has been migrating the database ${client.database ?? ''} for ${withinMs / 1_000} seconds`;
    throw new DatabaseDownError(`${held}: wait until it has finished, or end it, and start again.`, { cause });
  }
  // For the lock alone: a migration waits for tables that others use as long as it takes.
  await client.query('set lock_timeout = 0');
}
