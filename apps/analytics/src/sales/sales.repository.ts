import type { Money } from '@fieldguide/contracts';
import type { Fields } from '@fieldguide/kafka';
import { TransactionHost } from '@fieldguide/service-kit';
import { Injectable } from '@nestjs/common';
import { type AnyColumn, sql } from 'drizzle-orm';
import type { DailySales, Takings } from './daily-sales.js';
import { sales } from './sales.table.js';
import { takings } from './takings.table.js';

@Injectable()
export class SalesRepository {
  constructor(private readonly database: TransactionHost) {}

  /** An event that comes twice changes nothing: the earlier of two times stays, and the first amount. */
  async placed(orderId: string, at: Date): Promise<void> {
    await this.database.tx
      .insert(sales)
      .values({ orderId, placedAt: at })
      .onConflictDoUpdate({ target: sales.orderId, set: { placedAt: earlier(sales.placedAt) } });
  }

  async paid(orderId: string, { cents, currency }: Fields<Money>, at: Date): Promise<void> {
    const kept = { paidCents: first(sales.paidCents), paidCurrency: first(sales.paidCurrency) };
    await this.database.tx
      .insert(sales)
      .values({ orderId, paidAt: at, paidCents: cents, paidCurrency: currency })
      .onConflictDoUpdate({ target: sales.orderId, set: { paidAt: earlier(sales.paidAt), ...kept } });
  }

  async rejected(orderId: string, at: Date): Promise<void> {
    await this.database.tx
      .insert(sales)
      .values({ orderId, rejectedAt: at })
      .onConflictDoUpdate({ target: sales.orderId, set: { rejectedAt: earlier(sales.rejectedAt) } });
  }

  /** Adds each payment that it is given, also one that it was given before. */
  async addTakings({ cents, currency }: Fields<Money>): Promise<void> {
    const { capturedCents, payments } = takings;
    await this.database.tx
      .insert(takings)
      .values({ currency, capturedCents: cents, payments: 1 })
      .onConflictDoUpdate({
        target: takings.currency,
        set: { capturedCents: sql`${capturedCents} + ${cents}`, payments: sql`${payments} + 1` },
      });
  }

  /** What was ever captured, by currency. */
  async takings(): Promise<Takings[]> {
    const rows = await this.database.tx.select().from(takings).orderBy(takings.currency);
    return rows.map(({ capturedCents: cents, ...rest }) => ({ cents, ...rest }));
  }

  /** Days on which anything happened, the oldest first. */
  async daily(): Promise<DailySales[]> {
    const { rows } = await this.database.tx.execute<Row>(sql`
      with happened as (
        select ${day(sales.placedAt)} as day, 'placed' as what, null::bigint as cents, null as currency
          from ${sales} where ${sales.placedAt} is not null
        union all
        select ${day(sales.paidAt)}, 'paid', ${sales.paidCents}, ${sales.paidCurrency}
          from ${sales} where ${sales.paidAt} is not null
        union all
        select ${day(sales.rejectedAt)}, 'rejected', null, null
          from ${sales} where ${sales.rejectedAt} is not null
      ), counted as (
        select day, count(*) filter (where what = 'placed') as orders, count(*) filter (where what = 'paid') as paid,
               count(*) filter (where what = 'rejected') as rejected
          from happened group by day
      ), paid as (
        select day, currency, sum(cents) as cents from happened where what = 'paid' group by day, currency
      )
      select counted.*, coalesce((
        select jsonb_agg(jsonb_build_object('cents', cents, 'currency', currency) order by currency)
          from paid where paid.day = counted.day
      ), '[]') as sums from counted order by day`);
    return rows.map(({ orders, paid, rejected, ...rest }) => ({
      ...rest,
      ...{ orders: Number(orders), paid: Number(paid), rejected: Number(rejected) },
    }));
  }
}

/** PostgreSQL's counts are 64 bits wide, and come as text. */
type Row = Omit<DailySales, 'orders' | 'paid' | 'rejected'> & { orders: string; paid: string; rejected: string };

const heard = (column: AnyColumn) => sql`excluded.${sql.identifier(column.name)}`;
const earlier = (column: AnyColumn) => sql`least(${column}, ${heard(column)})`;
const first = (column: AnyColumn) => sql`coalesce(${column}, ${heard(column)})`;
const day = (column: AnyColumn) => sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD')`;
