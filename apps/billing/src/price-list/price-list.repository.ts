import type { Fields } from '@fieldguide/kafka';
import type { Money } from '@fieldguide/contracts';
import { TransactionHost } from '@fieldguide/service-kit';
import { Injectable } from '@nestjs/common';
import { asc, eq, sql } from 'drizzle-orm';
import { priceList } from './price-list.table.js';
import type { Price } from './price.js';

/** The price that an article has now, and whether it had another before, or none. */
export interface Changed {
  readonly price: Price;
  readonly isNew: boolean;
}

@Injectable()
export class PriceListRepository {
  constructor(private readonly database: TransactionHost) {}

  async all(): Promise<Price[]> {
    const rows = await this.database.tx.select().from(priceList).orderBy(asc(priceList.sku));
    return rows.map(priceFrom);
  }

  /** Gives an article a price, with the next revision. The price that it has already changes nothing. In a transaction. */
  async change(sku: string, price: Fields<Money>): Promise<Changed> {
    const { tx } = this.database;
    const [added] = await tx
      .insert(priceList)
      .values({ sku, ...price })
      .onConflictDoNothing()
      .returning();
    if (added) return { price: priceFrom(added), isNew: true };
    const [now] = await tx.select().from(priceList).where(eq(priceList.sku, sku)).for('update');
    if (now?.cents === price.cents && now.currency === price.currency) return { price: priceFrom(now), isNew: false };
    const [changed] = await tx
      .update(priceList)
      .set({ ...price, revision: sql`${priceList.revision} + 1` })
      .where(eq(priceList.sku, sku))
      .returning();
    if (!changed) throw new Error(`The price of ${sku} is gone from the database.`);
    return { price: priceFrom(changed), isNew: true };
  }
}

type Row = typeof priceList.$inferSelect;

const priceFrom = ({ sku, cents, currency, revision }: Row): Price => ({ sku, price: { cents, currency }, revision });
