import { setTimeout as pause } from 'node:timers/promises';
import { readCredentials } from '@fieldguide/infra';
import { RELAY_LOCK } from '@fieldguide/outbox';
import pg from 'pg';
import { bringUp } from '../run/replicas.js';
import { seconds, until } from '../seen/waiting.js';
import type { Injector, Surroundings } from './injector.js';

const CAUGHT_WITHIN_MS = 15_000;
const TAKEN_OVER_WITHIN_MS = 60_000;

/**
 * 1. Rows of the outbox that are not sent yet are locked: they can be read, and so published, and not be marked.
 * 2. The relay publishes them; its mark waits for the lock, which PostgreSQL tells, and so who it is.
 * 3. That replica is killed, its waiting mark is called off, and the lock let go: the rows are published and not marked.
 */
export const relay: Injector = async ({ target: service, lastsMs }, around) => {
  const client = new pg.Client({ connectionString: readCredentials()?.databases[service], query_timeout: 10_000 });
  client.on('error', () => undefined); // the next query says it
  await client.connect();
  try {
    const { rows } = await client.query<{ there: boolean }>(`select to_regclass('outbox') is not null as there`);
    if (!rows[0]?.there) return 'no relay in this build';
    return await killBetween(client, service, lastsMs, around);
  } finally {
    await client.end();
  }
};

async function killBetween(client: pg.Client, service: string, lastsMs: number, around: Surroundings): Promise<string> {
  const { signal, control } = around;
  await client.query('begin');
  // An event is there for some milliseconds.
  const caught = { withinMs: CAUGHT_WITHIN_MS, signal, everyMs: 1 };
  const held = await until(`an event of ${service} is on its way`, caught, async () => {
    const { rowCount } = await client.query(
      'select from outbox where sent_at is null and set_aside_at is null for update',
    );
    return (rowCount ?? 0) > 0 && rowCount;
  });
  const marking = await until(`the relay of ${service} marks`, { withinMs: CAUGHT_WITHIN_MS, signal }, () =>
    waiting(client),
  );
  await control.kill(marking.replica);
  try {
    await client.query('select pg_terminate_backend($1)', [marking.pid]);
    await client.query('rollback');
    const begun = Date.now();
    const takenOver = await takeOver(client, marking.replica, begun, signal);
    await pause(lastsMs, undefined, { signal });
    const sent = `${held} published and not marked, ${marking.replica} killed`;
    return `${sent}; ${takenOver}`;
  } finally {
    await bringUp(control, marking.replica);
  }
}

/** A connection is named after the replica, with a word on what it is for. */
const REPLICA = `split_part(application_name, ' ', 1)`;

interface Backend {
  readonly pid: number;
  readonly replica: string;
}

/** Whose mark waits for us. */
async function waiting(client: pg.Client): Promise<Backend | undefined> {
  const { rows } = await client.query<Backend>(
    `select pid, ${REPLICA} as replica from pg_stat_activity
     where datname = current_database() and pg_backend_pid() = any (pg_blocking_pids(pid))`,
  );
  return rows[0];
}

const PLACE = `
  select ${REPLICA} as replica from pg_locks join pg_stat_activity using (pid)
  where locktype = 'advisory' and granted and datname = current_database() and ${REPLICA} <> $1
    and (classid::bigint << 32) | objid::bigint = ${RELAY_LOCK}`;

async function takeOver(client: pg.Client, killed: string, begun: number, signal: AbortSignal): Promise<string> {
  const owner = await until('another replica is the relay', { withinMs: TAKEN_OVER_WITHIN_MS, signal }, async () => {
    const { rows } = await client.query<{ replica: string }>(PLACE, [killed]);
    return rows[0]?.replica;
  });
  return `${owner} relays, seen after ${seconds(Date.now() - begun)}`;
}
