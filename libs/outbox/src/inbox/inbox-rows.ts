import { runningOf, type Transactions } from '../transactions/transactions.js';

/** How long one transaction waits for another's lock, where the database has no `lock_timeout` of its own, in ms. */
const LOCK_MS = 20_000;

/**
 * An abandoned handler may hold its row for ever, and with each retry that waits for it one more connection would be gone:
 * so no statement of the transaction waits longer than this. Rows in one order: runs that overlap block no other way round.
 */
const INSERT = `
  with bound as materialized (
    select set_config('lock_timeout', case current_setting('lock_timeout') when '0' then $3 else current_setting('lock_timeout') end, true)
  )
  insert into inbox (handler, message_id)
  select $1, message from bound, unnest($2::text[]) as message order by message
  on conflict do nothing
  returning message_id`;

/** In the running transaction. @returns the messages that had none */
export async function insertRows(
  transactions: Transactions,
  handler: string,
  messages: readonly string[],
): Promise<string[]> {
  const values = [handler, messages, String(LOCK_MS)];
  const { rows } = await runningOf(transactions).query<{ message_id: string }>(INSERT, values);
  return rows.map(({ message_id }) => message_id);
}

/** In the running transaction. */
export async function deleteRows(
  transactions: Transactions,
  handler: string,
  messages: readonly string[],
): Promise<void> {
  const text = 'delete from inbox where handler = $1 and message_id = any($2::text[])';
  await runningOf(transactions).query(text, [handler, messages]);
}
