import { type SQL, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { OpenTransactions } from '../transactions/open-transactions.js';
import { type Queryable, Transactions } from '../transactions/transactions.js';

/** Transactions of Drizzle on pg: repositories write with `transactions.tx`. */
export class DrizzleTransactions extends Transactions {
  readonly #open = new OpenTransactions<NodePgDatabase>();

  constructor(private readonly db: NodePgDatabase) {
    super();
  }

  /** The running transaction, else the database itself. */
  get tx(): NodePgDatabase {
    return this.#open.current ?? this.db;
  }

  get running(): Queryable | undefined {
    const tx = this.#open.current;
    return tx && queryableOf(tx);
  }

  withTransaction<R>(work: () => Promise<R>): Promise<R> {
    return this.#open.run((body) => this.db.transaction(body), work);
  }

  afterCommit(callback: () => void): void {
    this.#open.afterCommit(callback);
  }
}

const queryableOf = (tx: NodePgDatabase): Queryable => ({
  query: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
    (await tx.execute(withValues(text, values))) as unknown as { rows: Row[] },
});

/** Drizzle numbers its parameters by itself. */
function withValues(text: string, values: readonly unknown[]): SQL {
  const chunks = text.split(/\$(\d+)/).map((part, index) => {
    return index % 2 === 0 ? sql.raw(part) : sql`${sql.param(values[Number(part) - 1])}`;
  });
  return sql.join(chunks);
}
