import { bigint, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** Each order, and how far the news of it has come. */
export const orders = pgTable('orders', {
  id: uuid().primaryKey(),
  /** What the customer sent, or what was made up in its place. */
  idempotencyKey: text('idempotency_key').notNull().unique(),
  /** Of the request's body: tells whether a key comes back with the same order. */
  fingerprint: text().notNull(),
  customerEmail: text('customer_email').notNull(),
  card: text().notNull(),
  lines: jsonb().$type<{ sku: string; quantity: number }[]>().notNull(),
  totalCents: bigint('total_cents', { mode: 'number' }).notNull(),
  currency: text().notNull(),
  status: text({ enum: ['placed', 'paid', 'rejected'] })
    .notNull()
    .default('placed'),
  /** Why it was rejected. */
  reason: text(),
  /** `ce_id` of the news, so that saying it again is known as a repetition. */
  newsId: uuid('news_id').notNull().defaultRandom(),
  placedAt: timestamp('placed_at', { withTimezone: true }).notNull().defaultNow(),
  /** When the broker had the news; null while that is not known. */
  publishedAt: timestamp('published_at', { withTimezone: true }),
});
