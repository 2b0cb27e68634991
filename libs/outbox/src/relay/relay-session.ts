import type { PreparedEvent } from '@fieldguide/kafka';
import pg from 'pg';
import type { RelaySettings } from '../outbox/outbox-settings.js';
import { OneAtATime } from './one-at-a-time.js';
import { CHANNEL } from './wake.js';

/** An event as it lies in the outbox. */
export interface StoredEvent extends PreparedEvent {
  /** 64 bits, as PostgreSQL writes them. */
  readonly position: string;
}

/** How the outbox stands. */
export interface OutboxState {
  /** Age of the oldest event that waits, in ms; 0 where none does. */
  readonly oldestMs: number;
  readonly setAside: number;
}

/** Of one query, in ms: a server that is frozen must not hold the relay for ever. */
const QUERY_MS = 15_000;
/** How often PostgreSQL looks whether one that waits for the lock is still there. */
const CHECK_MS = 1_000;

/**
 * The relay's connection. While it is open it may hold the place of the one relay: a lock of its session, so that PostgreSQL
 * gives the place to another as soon as this process is gone.
 */
export class RelaySession {
  /** Fires when the connection is gone, with the reason. */
  readonly #lost = new AbortController();
  readonly #queries = new OneAtATime();

  private constructor(
    private readonly client: pg.Client,
    private readonly settings: RelaySettings,
  ) {}

  /** @param onWake called when a replica has written */
  static async open(settings: RelaySettings, onWake: () => void): Promise<RelaySession> {
    const client = new pg.Client({
      connectionString: settings.databaseUrl,
      application_name: settings.applicationName,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    });
    const session = new RelaySession(client, settings);
    client.on('error', (error) => session.#lost.abort(error));
    client.on('end', () => session.#lost.abort(new Error('the connection was closed')));
    client.on('notification', onWake);
    try {
      await client.connect();
      await session.#query(SESSION_SETTINGS, [`${settings.silentMs}`, `${CHECK_MS}`]);
    } catch (error) {
      session.close();
      throw error;
    }
    return session;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Resolves when this session is the only one that relays: at once, or when the one that does is gone. */
  async takePlace(): Promise<void> {
    await this.client.query(TAKE_PLACE);
    await this.#query(`listen ${CHANNEL}`);
  }

  /**
   * What waits, the oldest first. All that is visible now, and no cursor: a transaction that is committed late has a position
   * before those that were sent.
   * @param except positions that are on their way
   * @param pausedTopics topics that take nothing at the moment
   */
  async claim(except: readonly string[], pausedTopics: readonly string[]): Promise<StoredEvent[]> {
    const { batchEvents, batchBytes } = this.settings;
    const values = [batchEvents, batchBytes, pausedTopics];
    // Planned once. Not with positions: PostgreSQL looks them up by hash only where it knows them when it plans.
    if (except.length === 0) return this.#query<StoredEvent>(claim(''), values, 'claim');
    return this.#query<StoredEvent>(claim('and position <> all ($4::bigint[])'), [...values, except]);
  }

  async markSent(positions: readonly string[]): Promise<void> {
    if (positions.length > 0) await this.#query(MARK_SENT, [positions]);
  }

  /** What can never be sent no more holds up what is not of its key. */
  async setAside(position: string, problem: string): Promise<void> {
    await this.#query(SET_ASIDE, [position, problem]);
  }

  /** @returns how many were removed; as many as were asked for: there may be more */
  async removeSent(olderThanMs: number, atMost: number): Promise<number> {
    const [row] = await this.#query<{ removed: number }>(REMOVE_SENT, [olderThanMs, atMost]);
    return row?.removed ?? 0;
  }

  /** Also tells PostgreSQL that this relay lives. */
  async state(): Promise<OutboxState> {
    const [row] = await this.#query<OutboxState>(STATE);
    return row ?? { oldestMs: 0, setAside: 0 };
  }

  /** Gives the place up. */
  close(): void {
    this.#lost.abort(new Error('the relay was stopped'));
    // `end` would wait for an answer of a server that waits for the lock.
    (this.client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }

  /** @param name of the prepared statement that it becomes */
  async #query<Row extends object>(text: string, values: readonly unknown[] = [], name?: string): Promise<Row[]> {
    const query = { text, values: [...values], name, query_timeout: QUERY_MS };
    const { rows } = await this.#queries.run(() => this.client.query<Row & pg.QueryResultRow>(query));
    return rows;
  }
}

/**
 * A mark that a crash of the server takes back costs copies of its events, with their old ids; to wait for the disk costs time,
 * always. A plan that was made while the outbox was empty must do when it is full, too: always by the index.
 */
const SESSION_SETTINGS = `
  select set_config('idle_session_timeout', $1, false), set_config('client_connection_check_interval', $2, false),
         set_config('synchronous_commit', 'off', false),
         set_config('enable_seqscan', 'off', false), set_config('enable_bitmapscan', 'off', false),
         set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false)`;

/**
 * SQL: the key of the advisory lock that the one relay of the current schema's outbox holds. `pg_locks` shows who has it, and a
 * session that takes it (`select pg_advisory_lock(${RELAY_LOCK})`) keeps all that is added in the outbox until it lets go.
 * Of a schema, not of a database: services that share a database have a relay each.
 */
export const RELAY_LOCK = `hashtextextended('fieldguide_outbox ' || current_schema(), 0)`;

const TAKE_PLACE = `select pg_advisory_lock(${RELAY_LOCK})`;

/** What waits behind an event of its key that was set aside stays where it is. */
const claim = (and: string): string => `
  select position, id, topic, key, value, headers from (
    select *, sum(octet_length(value)) over (order by position) - octet_length(value) as bytes_before from (
      select position, id, topic, key, value, headers from outbox as waiting
      where sent_at is null and set_aside_at is null and topic <> all ($3::text[]) ${and}
        and not exists (
          select from outbox as aside
          where aside.sent_at is null and aside.set_aside_at is not null
            and aside.topic = waiting.topic and aside.key = waiting.key and aside.position < waiting.position
        )
      order by position limit $1
    ) as next
  ) as measured where bytes_before < $2 order by position`;

const MARK_SENT = 'update outbox set sent_at = now() where position = any ($1::bigint[])';

const SET_ASIDE = 'update outbox set set_aside_at = now(), problem = $2 where position = $1';

/** Looks at the oldest only: where those are young, all are. */
const REMOVE_SENT = `
  with oldest as (select position, sent_at from outbox where sent_at is not null order by position limit $2),
  removed as (
    delete from outbox where position in (
      select position from oldest where sent_at < now() - make_interval(secs => $1::float8 / 1000)
    ) returning 1
  )
  select count(*)::int as removed from removed`;

const STATE = `
  select coalesce((
    select extract(epoch from now() - stored_at) * 1000 from outbox
    where sent_at is null and set_aside_at is null order by position limit 1
  ), 0)::float8 as "oldestMs",
  (select count(*)::int from outbox where sent_at is null and set_aside_at is not null) as "setAside"`;
