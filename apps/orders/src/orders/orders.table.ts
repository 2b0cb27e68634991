import { bigint, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

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
  placedAt: timestamp('placed_at', { withTimezone: true }).notNull().defaultNow(),
});
