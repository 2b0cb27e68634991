import { bigint, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** What each article costs now. */
export const priceList = pgTable('price_list', {
  sku: text().primaryKey(),
  cents: bigint({ mode: 'number' }).notNull(),
  currency: text().notNull(),
  /** Counts the prices that the article has had. */
  revision: integer().notNull().default(1),
  /** `ce_id` of the news of this revision. */
  newsId: uuid('news_id').notNull().defaultRandom(),
  changedAt: timestamp('changed_at', { withTimezone: true }).notNull().defaultNow(),
  saidAt: timestamp('said_at', { withTimezone: true }),
});
