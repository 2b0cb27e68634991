import { bigint, index, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** What was heard of each order. Each event has columns of its own: whichever comes first, or twice, the row is the same. */
export const sales = pgTable(
  'sales',
  {
    orderId: uuid('order_id').primaryKey(),
    placedAt: timestamp('placed_at', { withTimezone: true }),
    paidAt: timestamp('paid_at', { withTimezone: true }),
    paidCents: bigint('paid_cents', { mode: 'number' }),
    paidCurrency: text('paid_currency'),
    rejectedAt: timestamp('rejected_at', { withTimezone: true }),
  },
  (sale) => [index('sales_placed').on(sale.placedAt), index('sales_paid').on(sale.paidAt)],
);
