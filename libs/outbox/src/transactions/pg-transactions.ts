import type { Pool, PoolClient } from 'pg';
import { OpenTransactions, SwallowedFailureError } from './open-transactions.js';
import { type Queryable, Transactions } from './transactions.js';

/** Transactions of plain pg: repositories query `transactions.db`. */
export class PgTransactions extends Transactions {
  readonly #open = new OpenTransactions<PoolClient>();

  constructor(private readonly pool: Pool) {
    super();
  }

  /** The running transaction, else the pool itself. */
  get db(): Pool | PoolClient {
    return this.#open.current ?? this.pool;
  }

  get running(): Queryable | undefined {
    return this.#open.current;
  }

  withTransaction<R>(work: () => Promise<R>): Promise<R> {
    return this.#open.run((body) => this.#begin(body), work);
  }

  afterCommit(callback: () => void): void {
    this.#open.afterCommit(callback);
  }

  async #begin<R>(body: (client: PoolClient) => Promise<R>): Promise<R> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    const onError = (error: Error): void => void (broken = error);
    // A pool listens to idle ones only: without a listener, one that breaks between two queries would end the process.
    client.on('error', onError);
    try {
      await client.query('begin');
      const result = await body(client);
      const { command } = await client.query('commit');
      if (command !== 'COMMIT') throw new SwallowedFailureError();
      return result;
    } catch (error) {
      // A connection that can't even roll back is in a state that nobody knows.
      await client.query('rollback').catch((failure: Error) => (broken = failure));
      throw error;
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }
}
