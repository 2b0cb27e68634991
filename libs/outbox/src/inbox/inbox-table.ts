import { TablesMissingError } from '../errors.js';
import { runningOf, type Transactions } from '../transactions/transactions.js';

/** @throws TablesMissingError where the service's database has no inbox */
export async function checkTable(transactions: Transactions): Promise<void> {
  const text = `select current_database() as database, to_regclass('inbox') is not null as found`;
  const { rows } = await transactions.withTransaction(() =>
    runningOf(transactions).query<{ database: string; found: boolean }>(text),
  );
  const { database, found } = rows[0] ?? {};
  if (found) return;
  throw new TablesMissingError(
    `The database ${database} has no table inbox: run node_modules/@fieldguide/outbox/sql/inbox.sql in it, as one of the service's migrations.`,
  );
}
