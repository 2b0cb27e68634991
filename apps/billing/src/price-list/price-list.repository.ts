import type { Fields } from '@fieldguide/kafka';
import type { Money } from '@fieldguide/contracts';
import { Transactional } from '@fieldguide/outbox';
import { TransactionHost } from '@fieldguide/service-kit';
import { Injectable } from '@nestjs/common';
import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { priceList } from './price-list.table.js';
import type { Price } from './price.js';

/** A price, and how far the news of it has come. */
export interface ToldPrice extends Price {
  readonly newsId: string;
  readonly changedAt: Date;
  readonly said: boolean;
}

@Injectable()
export class PriceListRepository {
  constructor(private readonly database: TransactionHost) {}

  async all(): Promise<Price[]> {
    const rows = await this.database.tx.select().from(priceList).orderBy(asc(priceList.sku));
    return rows.map(priceFrom);
  }

  /** Gives an article a price, with the next revision. The price that it has already changes nothing. */
  @Transactional()
  async change(sku: string, price: Fields<Money>): Promise<ToldPrice> {
    const { tx } = this.database;
    await tx
      .insert(priceList)
      .values({ sku, ...price })
      .onConflictDoNothing();
    const [now] = await tx.select().from(priceList).where(eq(priceList.sku, sku)).for('update');
    if (now?.cents === price.cents && now.currency === price.currency) return toldPriceFrom(now);
    const news = { newsId: sql`gen_random_uuid()`, changedAt: new Date(), saidAt: null };
    const [changed] = await tx
      .update(priceList)
      .set({ ...price, ...news, revision: sql`${priceList.revision} + 1` })
      .where(eq(priceList.sku, sku))
      .returning();
    if (!changed) throw new Error(`The price of ${sku} is gone from the database.`);
    return toldPriceFrom(changed);
  }

  /** Those of which nobody knows whether they were told. */
  async untold(): Promise<ToldPrice[]> {
    const rows = await this.database.tx
      .select()
      .from(priceList)
      .where(isNull(priceList.saidAt))
      .orderBy(asc(priceList.sku));
    return rows.map(toldPriceFrom);
  }

  /** Of this revision: a newer one has its own news. */
  async markSaid({ sku, revision }: Price): Promise<void> {
    await this.database.tx
      .update(priceList)
      .set({ saidAt: new Date() })
      .where(and(eq(priceList.sku, sku), eq(priceList.revision, revision)));
  }
}

type Row = typeof priceList.$inferSelect;

const priceFrom = ({ sku, cents, currency, revision }: Row): Price => ({ sku, price: { cents, currency }, revision });

const toldPriceFrom = (row: Row): ToldPrice => ({
  ...priceFrom(row),
  newsId: row.newsId,
  changedAt: row.changedAt,
  said: row.saidAt !== null,
});
