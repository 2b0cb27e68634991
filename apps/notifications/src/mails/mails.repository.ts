import { randomUUID } from 'node:crypto';
import { TransactionHost } from '@fieldguide/service-kit';
import { Injectable } from '@nestjs/common';
import { and, eq, isNotNull, isNull, lt, or, sql } from 'drizzle-orm';
import { type Mail, MAIL_KINDS, type MailKind } from './mail.js';
import { mails, recipients } from './mails.table.js';

/** A mail that only one handler may send, until the lease has run out. */
export interface LeasedMail extends Mail {
  readonly address: string;
  readonly lease: string;
}

export type MailId = Pick<Mail, 'orderId' | 'kind'>;

@Injectable()
export class MailsRepository {
  constructor(private readonly database: TransactionHost) {}

  async rememberRecipient(orderId: string, address: string): Promise<void> {
    await this.database.tx.insert(recipients).values({ orderId, address }).onConflictDoNothing();
  }

  async knowsRecipient(orderId: string): Promise<boolean> {
    const found = await this.database.tx.select().from(recipients).where(eq(recipients.orderId, orderId));
    return found.length > 0;
  }

  /** Records a mail as owed. One that is there already stays as it is. */
  async owe(mail: Mail): Promise<void> {
    await this.database.tx.insert(mails).values(mail).onConflictDoNothing();
  }

  /** The kinds of mail that an order's customer has not got, in the order in which they are expected. */
  async owed(orderId: string): Promise<MailKind[]> {
    const unsent = and(eq(mails.orderId, orderId), isNull(mails.sentAt));
    const rows = await this.database.tx.select({ kind: mails.kind }).from(mails).where(unsent);
    return MAIL_KINDS.filter((kind) => rows.some((row) => row.kind === kind));
  }

  /**
   * Of two at once one gets the lease; by the database's clock, the same for all replicas. Undefined where the mail is
   * sent, or leased to another, or its recipient is not known.
   */
  async lease(mail: MailId, forMs: number): Promise<LeasedMail | undefined> {
    const lease = randomUUID();
    const isFree = or(isNull(mails.leasedUntil), lt(mails.leasedUntil, sql`now()`));
    const [leased] = await this.database.tx
      .update(mails)
      .set({ lease, leasedUntil: sql`now() + make_interval(secs => ${forMs / 1_000})` })
      .from(recipients)
      .where(and(is(mail), isNull(mails.sentAt), isFree, eq(recipients.orderId, mails.orderId)))
      .returning({ subject: mails.subject, body: mails.body, address: recipients.address });
    return leased && { ...leased, orderId: mail.orderId, kind: mail.kind, lease };
  }

  /** Lets another send the mail at once, unless the lease has gone over to another already. */
  async release({ lease, ...mail }: LeasedMail): Promise<void> {
    const isOurs = and(is(mail), eq(mails.lease, lease));
    await this.database.tx.update(mails).set({ leasedUntil: null }).where(isOurs);
  }

  async markSent(mail: MailId): Promise<void> {
    const sentNow = { sentAt: sql`now()`, leasedUntil: null };
    await this.database.tx
      .update(mails)
      .set(sentNow)
      .where(and(is(mail), isNull(mails.sentAt)));
  }

  async isSent(mail: MailId): Promise<boolean> {
    const sent = and(is(mail), isNotNull(mails.sentAt));
    return (await this.database.tx.select({ kind: mails.kind }).from(mails).where(sent)).length > 0;
  }
}

const is = ({ orderId, kind }: MailId) => and(eq(mails.orderId, orderId), eq(mails.kind, kind));
