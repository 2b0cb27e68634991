import pg from 'pg';
import { OneAtATime } from './one-at-a-time.js';

const LIMITS = { connectionTimeoutMillis: 2_000, query_timeout: 2_000, keepAlive: true };

/** A connection for what may fail: made when it is needed, and again after a failure. */
export class SideConnection {
  readonly #queries = new OneAtATime();
  #client: Promise<pg.Client> | undefined;
  #connected: pg.Client | undefined;
  #closed = false;

  constructor(private readonly options: pg.ClientConfig) {}

  query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#queries.run(() => this.#query<Row>(text, values));
  }

  /** What is asked after that is refused: a new connection would be closed by nobody. */
  async close(): Promise<void> {
    this.#closed = true;
    const client = await this.#client?.catch(() => undefined);
    this.#client = undefined;
    await client?.end();
  }

  async #query<Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]> {
    if (this.#closed) throw new Error('The connection was closed.');
    const opening = (this.#client ??= this.#open());
    try {
      const client = await opening;
      return (await client.query<Row & pg.QueryResultRow>(text, [...values])).rows;
    } catch (error) {
      this.#drop(opening);
      throw error;
    }
  }

  async #open(): Promise<pg.Client> {
    const client = new pg.Client({ ...this.options, ...LIMITS });
    // Without a listener, a connection that breaks would end the process; the next query opens another.
    client.on('error', () => undefined);
    client.on('end', () => {
      if (this.#connected === client) this.#client = undefined;
    });
    await client.connect();
    // To PostgreSQL a NOTIFY is a commit, which would wait for the disk before the relay hears of it.
    await client.query('set synchronous_commit = off');
    this.#connected = client;
    return client;
  }

  #drop(opening: Promise<pg.Client>): void {
    if (this.#client === opening) this.#client = undefined;
    void opening.then((client) => client.end()).catch(() => undefined);
  }
}
