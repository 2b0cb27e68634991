import { bigint, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** One row for each order: the payment provider's answer. */
export const charges = pgTable('charges', {
  orderId: uuid('order_id').primaryKey(),
  cents: bigint({ mode: 'number' }).notNull(),
  currency: text().notNull(),
  status: text({ enum: ['pending', 'captured', 'declined'] })
    .notNull()
    .default('pending'),
  paymentId: text('payment_id'),
  reason: text(),
  decidedAt: timestamp('decided_at', { withTimezone: true }),
});
