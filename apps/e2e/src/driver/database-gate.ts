import { readCredentials } from '@fieldguide/infra';
import pg from 'pg';
import { eventually } from './eventually.js';

/** Any number that no service uses. */
const GATE = 4_711;
/** What a relay holds while it relays. */
const PLACE = `hashtextextended('fieldguide_outbox ' || current_schema(), 0)`;

const HELD_UP = `from pg_locks where locktype = 'advisory' and not granted and objid = ${GATE}
  and database = (select oid from pg_database where datname = current_database())`;

/**
 * Holds up a service's database at one point, so that a spec can kill the service right there. Opened again at the end,
 * whatever became of the spec.
 */
export class DatabaseGate {
  readonly #tables: string[] = [];

  private constructor(private readonly client: pg.Client) {}

  static async connect(service: string): Promise<DatabaseGate> {
    const client = new pg.Client({ connectionString: readCredentials()?.databases[service], query_timeout: 20_000 });
    await client.connect();
    return new DatabaseGate(client);
  }

  /** Transactions that insert into the table have all written, and are not committed. */
  async holdCommits(table: string): Promise<void> {
    await this.#hold(`constraint trigger e2e_gate after insert on ${table} deferrable initially deferred`);
  }

  /** What was published is not marked as such. */
  async holdMarks(): Promise<void> {
    await this.#hold('trigger e2e_gate before update on outbox');
  }

  /** Waits until so many transactions are held up. */
  async heldUp(count: number): Promise<void> {
    await eventually(`${count} transactions are held up`, async () => {
      const { rowCount } = await this.client.query(`select ${HELD_UP}`);
      return (rowCount ?? 0) >= count;
    });
  }

  /** Rolls them back: of a client that was killed, PostgreSQL would end what it has begun. */
  async rollBackHeldUp(): Promise<void> {
    await eventually('all that was held up is rolled back', async () => {
      const { rowCount } = await this.client.query(`select pg_terminate_backend(pid) ${HELD_UP}`);
      return rowCount === 0;
    });
  }

  /** Nobody relays: what is added stays in the outbox. */
  async takeRelaysPlace(): Promise<void> {
    const end = `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid()
      and database = (select oid from pg_database where datname = current_database())`;
    await eventually('the place of the relay is free', async () => {
      await this.client.query(end);
      const { rows } = await this.client.query<{ ours: boolean }>(`select pg_try_advisory_lock(${PLACE}) as ours`);
      return rows[0]?.ours;
    });
  }

  async open(): Promise<void> {
    await this.client.query('select pg_advisory_unlock_all()');
    for (const table of this.#tables.splice(0)) await this.client.query(`drop trigger if exists e2e_gate on ${table}`);
  }

  async close(): Promise<void> {
    await this.open();
    await this.client.end();
  }

  async #hold(trigger: string): Promise<void> {
    this.#tables.push(/ on (\w+)/.exec(trigger)?.[1] ?? '');
    await this.client.query(`select pg_advisory_lock(${GATE})`);
    await this.client.query(
      `create or replace function e2e_gate() returns trigger language plpgsql as
         $$ begin perform pg_advisory_xact_lock_shared(${GATE}); return new; end $$`,
    );
    await this.client.query(`create ${trigger} for each row execute function e2e_gate()`);
  }
}
