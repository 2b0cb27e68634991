import { pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { MAIL_KINDS } from './mail.js';

/** Who gets the mails of an order. */
export const recipients = pgTable('recipients', {
  orderId: uuid('order_id').primaryKey(),
  address: text('address').notNull(),
});

/** Mails that are owed, being sent (while their lease lasts) or sent. */
export const mails = pgTable(
  'mails',
  {
    orderId: uuid('order_id').notNull(),
    kind: text('kind', { enum: MAIL_KINDS }).notNull(),
    subject: text('subject').notNull(),
    body: text('body').notNull(),
    owedAt: timestamp('owed_at', { withTimezone: true }).notNull().defaultNow(),
    lease: uuid('lease'),
    leasedUntil: timestamp('leased_until', { withTimezone: true }),
    sentAt: timestamp('sent_at', { withTimezone: true }),
  },
  (mail) => [primaryKey({ columns: [mail.orderId, mail.kind] })],
);
