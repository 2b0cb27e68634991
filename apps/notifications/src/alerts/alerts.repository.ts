import { randomUUID } from 'node:crypto';
import { Transactional } from '@fieldguide/outbox';
import { TransactionHost } from '@fieldguide/service-kit';
import { Injectable } from '@nestjs/common';
import { and, asc, count, eq, isNotNull, isNull, lt, lte, max, or, sql } from 'drizzle-orm';
import { type Alert, type Cause, type HeardDeadLetter, OLD_NEWS_MS } from './alert.js';
import { alerts, heardDeadLetters as letters } from './alerts.table.js';

/** An alert that only one replica mails. */
export interface TakenAlert extends Alert {
  readonly mail: string;
}

/** Of one round: whatever is thrown may hold anything in its code, and each is a cause of its own. */
const MOST_CAUSES = 20;

/** All times are the database's: the same for all replicas. */
@Injectable()
export class AlertsRepository {
  constructor(private readonly database: TransactionHost) {}

  /** One statement, and no row that others wait for: of a burst each dead letter takes no longer than the first. */
  async hear(letter: HeardDeadLetter): Promise<void> {
    await this.database.tx.insert(letters).values(letter).onConflictDoNothing();
  }

  /** Causes with dead letters that were not told, and whose interval is over. */
  async due(): Promise<Cause[]> {
    const isFree = or(isNull(alerts.nextMailAt), lte(alerts.nextMailAt, sql`now()`));
    const { service, code, topic } = letters;
    const sameCause = and(eq(alerts.service, service), eq(alerts.code, code), eq(alerts.topic, topic));
    return this.database.tx
      .selectDistinct({ service, code, topic })
      .from(letters)
      .leftJoin(alerts, sameCause)
      .where(and(isNull(letters.toldAt), isFree))
      .limit(MOST_CAUSES);
  }

  /** Of several at once one gets the alert, and for so long nobody else does. */
  @Transactional()
  async take(cause: Cause, forMs: number): Promise<TakenAlert | undefined> {
    const taken = { mail: randomUUID(), nextMailAt: after(forMs) };
    const got = await this.database.tx
      .insert(alerts)
      .values({ ...causeOf(cause), ...taken })
      .onConflictDoUpdate({
        target: [alerts.service, alerts.code, alerts.topic],
        set: taken,
        setWhere: lte(alerts.nextMailAt, sql`now()`),
      })
      .returning({ mail: alerts.mail });
    return got.length > 0 ? this.stamp(cause, taken.mail) : undefined;
  }

  /** What it tells is told, and the interval begins now: however long the mail took, the next is no sooner. */
  @Transactional()
  async noteTold({ mail, first }: TakenAlert, intervalMs: number): Promise<void> {
    const { tx } = this.database;
    const isOfMail = and(isUntold(first), eq(letters.mail, mail));
    await tx
      .update(letters)
      .set({ toldAt: sql`now()` })
      .where(isOfMail);
    await tx
      .update(alerts)
      .set({ nextMailAt: after(intervalMs) })
      .where(eq(alerts.mail, mail));
    // A code may hold an id, and each is a cause.
    await tx.delete(alerts).where(lt(alerts.nextMailAt, after(-2 * OLD_NEWS_MS)));
    // Nobody listens to those that are heard so late.
    await tx.delete(letters).where(and(isNotNull(letters.toldAt), lt(letters.at, after(-2 * OLD_NEWS_MS))));
  }

  /** What comes from now on is for the next mail. */
  private async stamp(cause: Cause, mail: string): Promise<TakenAlert | undefined> {
    const { tx } = this.database;
    await tx.update(letters).set({ mail }).where(isUntold(cause));
    const isOfMail = and(isUntold(cause), eq(letters.mail, mail));
    const [first] = await tx.select().from(letters).where(isOfMail).orderBy(asc(letters.at), asc(letters.id)).limit(1);
    const [all] = await tx
      .select({ count: count(), until: max(letters.at) })
      .from(letters)
      .where(isOfMail);
    return first && all && { mail, first, count: all.count, until: all.until ?? first.at };
  }
}

const after = (ms: number) => sql`now() + make_interval(secs => ${ms / 1_000})`;

const causeOf = ({ service, code, topic }: Cause): Cause => ({ service, code, topic });

const isUntold = ({ service, code, topic }: Cause) =>
  and(eq(letters.service, service), eq(letters.code, code), eq(letters.topic, topic), isNull(letters.toldAt));
