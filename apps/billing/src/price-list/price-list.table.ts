import { bigint, integer, pgTable, text } from 'drizzle-orm/pg-core';

/** What each article costs now. */
export const priceList = pgTable('price_list', {
  sku: text().primaryKey(),
  cents: bigint({ mode: 'number' }).notNull(),
  currency: text().notNull(),
  /** Counts the prices that the article has had. */
  revision: integer().notNull().default(1),
});
