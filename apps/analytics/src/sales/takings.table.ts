import { bigint, pgTable, text } from 'drizzle-orm/pg-core';

/** What was ever captured, a running sum of each currency: it can't tell what is in it already. */
export const takings = pgTable('takings', {
  currency: text().primaryKey(),
  capturedCents: bigint('captured_cents', { mode: 'number' }).notNull(),
  payments: bigint({ mode: 'number' }).notNull(),
});
