import { setTimeout } from 'node:timers/promises';
import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { DatabaseDownError, isDown } from './database-errors.js';
import { migrateOnce } from './migrate-once.js';

export interface DatabaseSettings {
  /** `postgres://user:password@host:port/database` */
  readonly url: string;
  /** Who connects, as PostgreSQL shows it. */
  readonly applicationName?: string;
}

/** How long a start waits for a database that does not answer yet. */
const START_MS = 10_000;
const CLOSE_MS = 2_000;
const LIMITS = {
  max: 10,
  connectionTimeoutMillis: 5_000,
  statement_timeout: 10_000,
  // The server's limit does not help against a server that is frozen.
  query_timeout: 12_000,
  idle_in_transaction_session_timeout: 30_000,
  keepAlive: true,
};

/** A service's own PostgreSQL database: its connections, which are there until everything else has stopped. */
export class Database implements OnApplicationShutdown {
  readonly drizzle: NodePgDatabase;
  private readonly logger = new Logger('Database');

  private constructor(private readonly pool: pg.Pool) {
    // Without a listener, a connection that breaks while it is idle would end the process.
    pool.on('error', (error) => this.logger.warn(`A connection to the database broke: ${error.message}`));
    // The pool listens to idle ones only; in a transaction, one can break between two queries.
    pool.on('connect', (client) => client.on('error', () => undefined));
    this.drizzle = drizzle(pool);
  }

  /**
   * Waits until the database answers and brings it to the state that the service's code needs.
   * @throws DatabaseDownError where it does not answer in time, or refuses this user
   */
  static async open(settings: DatabaseSettings, migrationsFolder: string): Promise<Database> {
    const options = { connectionString: settings.url, application_name: settings.applicationName, ...LIMITS };
    await answering(options);
    await migrateOnce(options, migrationsFolder);
    return new Database(new ServicePool(options));
  }

  /** Throws DatabaseDownError unless the database answers within a second. */
  async assertAnswers(): Promise<void> {
    const late = setTimeout(1_000, undefined, { ref: false }).then(() => {
      throw new DatabaseDownError('The database does not answer within a second.');
    });
    await Promise.race([this.pool.query('select 1'), late]);
  }

  /** Not in `onModuleDestroy`, which comes before the handlers that still run have ended. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.race([this.pool.end(), setTimeout(CLOSE_MS, undefined, { ref: false })]);
  }
}

/** A transaction asks the pool for a connection by itself: Drizzle doesn't wrap the error of that. */
class ServicePool extends pg.Pool {
  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | void {
    if (callback) return super.connect(callback);
    return super.connect().catch((cause: unknown) => {
      throw new DatabaseDownError('The database does not answer.', { cause });
    });
  }
}

type ConnectCallback = Parameters<pg.Pool['connect']>[0] & ((...args: never[]) => void);

async function answering(options: pg.ClientConfig): Promise<void> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    const error = await connectOnce(options);
    if (!error) return;
    if (!isDown(error)) throw new DatabaseDownError(`${whereIs(options)} refuses us: ${error.message}.`);
    if (performance.now() > deadline) throw new DatabaseDownError(unanswered(options, error), { cause: error });
    await setTimeout(200);
  }
}

async function connectOnce(options: pg.ClientConfig): Promise<Error | undefined> {
  const client = new pg.Client({ ...options, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return undefined;
  } catch (error) {
    return error as Error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

const unanswered = (options: pg.ClientConfig, error: Error & { code?: string }): string =>
  `${whereIs(options)} has not answered for ${START_MS / 1_000} seconds (${error.code ?? error.message}): is it running?`;

/** The database's name and address; never its user or password. */
function whereIs(options: pg.ClientConfig): string {
  const { host, port, database } = new pg.Client(options);
  return `The database ${database ?? '(none named)'} at ${host}:${port}`;
}
