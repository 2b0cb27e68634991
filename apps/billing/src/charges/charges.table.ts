import { bigint, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** One row for each order: the payment provider's answer, and the identity under which it is told. */
export const charges = pgTable('charges', {
  orderId: uuid('order_id').primaryKey(),
  cents: bigint({ mode: 'number' }).notNull(),
  currency: text().notNull(),
  status: text({ enum: ['pending', 'captured', 'declined'] })
    .notNull()
    .default('pending'),
  paymentId: text('payment_id'),
  reason: text(),
  /** `ce_id` of the news, made before there is any: a repetition is known as one. */
  newsId: uuid('news_id').notNull().defaultRandom(),
  decidedAt: timestamp('decided_at', { withTimezone: true }),
  saidAt: timestamp('said_at', { withTimezone: true }),
});
