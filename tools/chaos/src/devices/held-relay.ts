import { readCredentials } from '@fieldguide/infra';
import { RELAY_LOCK } from '@fieldguide/outbox';
import pg from 'pg';
import { until } from '../seen/waiting.js';

const HELD_WITHIN_MS = 10_000;
const HOLDER = `
  select pid from pg_locks join pg_stat_activity using (pid)
  where locktype = 'advisory' and datname = current_database() and granted = $1
    and (classid::bigint << 32) | objid::bigint = ${RELAY_LOCK}`;

/**
 * Takes the place of the one relay of a service: its events wait in the outbox until this is let go. It queues for the
 * place first, then ends the session that has it, so that nobody is faster.
 */
export class HeldRelay {
  private constructor(private readonly client: pg.Client) {}

  static async of(service: string): Promise<HeldRelay> {
    const [holder, other] = [await connect(service), await connect(service)];
    const taken = holder.query(`select pg_advisory_lock(${RELAY_LOCK})`);
    try {
      await until('the place of the relay is waited for', { withinMs: HELD_WITHIN_MS }, async () => {
        const { rowCount } = await other.query(HOLDER, [false]);
        return (rowCount ?? 0) > 0;
      });
      await other.query(`select pg_terminate_backend(pid) from (${HOLDER}) as holder`, [true]);
      await taken;
      return new HeldRelay(holder);
    } finally {
      await other.end();
    }
  }

  /** The relay goes on at once where it waits already. */
  letGo(): Promise<void> {
    return this.client.end();
  }
}

async function connect(service: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: readCredentials()?.databases[service], query_timeout: 15_000 });
  client.on('error', () => undefined); // the query says it
  await client.connect();
  return client;
}
