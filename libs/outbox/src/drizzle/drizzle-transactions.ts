import { type SQL, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { Pool } from 'pg';
import { OpenTransactions, SwallowedFailureError } from '../transactions/open-transactions.js';
import { type Queryable, Transactions } from '../transactions/transactions.js';

/** Transactions of Drizzle on pg: repositories write with `transactions.tx`. */
export class DrizzleTransactions extends Transactions {
  readonly #open = new OpenTransactions<NodePgDatabase>();

  constructor(private readonly db: NodePgDatabase) {
    super();
    const { $client } = db as NodePgDatabase & { readonly $client?: Partial<Pick<Pool, 'on'>> };
    // A connection that breaks between two queries of a transaction says so here: unheard, it would end the process.
    $client?.on?.('connect', (client) => client.on('error', () => undefined));
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
    return this.#open.run((body) => this.db.transaction((tx) => checked(tx, body)), work);
  }

  afterCommit(callback: () => void): void {
    this.#open.afterCommit(callback);
  }
}

/** What the commit itself answers Drizzle tells nobody. */
async function checked<R>(tx: NodePgDatabase, body: (tx: NodePgDatabase) => Promise<R>): Promise<R> {
  const result = await body(tx);
  await tx.execute(sql`select 1`).catch((cause: unknown) => {
    throw new SwallowedFailureError({ cause });
  });
  return result;
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
