import { sql } from 'drizzle-orm';
import { index, integer, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';

const cause = {
  service: text('service').notNull(),
  code: text('code').notNull(),
  topic: text('topic').notNull(),
};

/** Each dead letter once, however often it is heard of: a topic that was made anew has its ids again, at another time. */
export const heardDeadLetters = pgTable(
  'heard_dead_letters',
  {
    ...cause,
    id: text('id').notNull(),
    at: timestamp('at', { withTimezone: true }).notNull(),
    handler: text('handler').notNull(),
    attempts: integer('attempts').notNull(),
    redrives: integer('redrives').notNull(),
    place: text('place').notNull(),
    key: text('key').notNull(),
    error: text('error').notNull(),
    /** The last mail that was to tell of it. */
    mail: uuid('mail'),
    toldAt: timestamp('told_at', { withTimezone: true }),
  },
  (letter) => [
    primaryKey({ columns: [letter.service, letter.id, letter.at] }),
    index('untold_dead_letters')
      .on(letter.service, letter.code, letter.topic)
      .where(sql`told_at is null`),
  ],
);

/** When the operator may be mailed about a cause again; a cause that is not here: now. */
export const alerts = pgTable(
  'alerts',
  {
    ...cause,
    mail: uuid('mail').notNull(),
    nextMailAt: timestamp('next_mail_at', { withTimezone: true }).notNull(),
  },
  (alert) => [primaryKey({ columns: [alert.service, alert.code, alert.topic] })],
);
