/** What runs SQL: pg's Pool, Client and PoolClient do, as they are. */
export interface Queryable {
  /** @param values for `$1`, `$2` and so on */
  query<Row extends object = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ readonly rows: Row[] }>;
}

/**
 * The transactions of a service's database, whatever it writes its SQL with. Provide one under this token:
 * `PgTransactions` for plain pg, `DrizzleTransactions` for Drizzle, or your own.
 */
export abstract class Transactions {
  /** The transaction in which the caller runs; undefined where it runs in none. */
  abstract get running(): Queryable | undefined;

  /** Runs `work` in a transaction: in the running one where there is one, so that all of it holds or nothing. */
  abstract withTransaction<R>(work: () => Promise<R>): Promise<R>;

  /** Calls back once the running transaction is committed; never where it is rolled back. At once where none runs. */
  abstract afterCommit(callback: () => void): void;
}

/** For callers that are in a transaction. */
export function runningOf({ running }: Transactions): Queryable {
  if (!running) throw new Error('No transaction runs here.');
  return running;
}
