import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { query } from './driver/database.js';
import { eventually } from './driver/eventually.js';
import { Shop } from './driver/shop.js';

interface DailySales {
  readonly caughtUp: boolean;
  readonly days: readonly {
    readonly orders: number;
    readonly paid: number;
    readonly rejected: number;
    readonly sums: readonly { readonly cents: number }[];
  }[];
}

describe('analytics, which joins late', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore(), 120_000);
  afterAll(() => shop.close());

  /** As if it had never run: no group, nothing in its database. */
  const forgotten = async (): Promise<void> => {
    await shop.control.stop('analytics-1');
    await shop.broker.admin.deleteGroups(['analytics']);
    await query('analytics', 'truncate sales', []);
  };

  const caughtUp = (): Promise<DailySales> =>
    eventually('analytics has caught up', async () => {
      const { body } = await shop.http<DailySales>(`${shop.control.url('analytics-1')}/sales/daily`);
      return body.caughtUp && body;
    });

  /** Of these orders, as the service's own database has them: other specs' orders are in the sums, too. */
  const rowsOf = (orderIds: readonly string[]) =>
    query<{ id: string; placed: boolean; cents: string | null; rejected: boolean }>(
      'analytics',
      `select order_id as id, placed_at is not null as placed, paid_cents as cents, rejected_at is not null as rejected
         from sales where order_id = any($1) order by order_id`,
      [orderIds],
    );

  const inAll = async () => {
    const [row] = await query<Record<'orders' | 'paid' | 'rejected' | 'cents', string>>(
      'analytics',
      `select count(placed_at) as orders, count(paid_at) as paid, count(rejected_at) as rejected,
              coalesce(sum(paid_cents), 0) as cents from sales`,
      [],
    );
    return Object.fromEntries(Object.entries(row ?? {}).map(([name, text]) => [name, Number(text)]));
  };

  const total = ({ days }: DailySales) => ({
    orders: sum(days.map((day) => day.orders)),
    paid: sum(days.map((day) => day.paid)),
    rejected: sum(days.map((day) => day.rejected)),
    cents: sum(days.flatMap((day) => day.sums.map(({ cents }) => cents))),
  });

  it('reads everything from the beginning, says when it is through, and its sums are those of the ledger', async () => {
    await forgotten();
    const paid = await Promise.all([1, 2, 3].map((quantity) => shop.ordered({ sku: 'tea', quantity })));
    const rejected = await shop.ordered({ card: 'tok_declined' });
    await Promise.all(paid.map(({ orderId }) => shop.becomes(orderId, 'paid')));
    await shop.becomes(rejected.orderId, 'rejected');

    await shop.control.start('analytics-1');
    const sales = await caughtUp();

    expect(total(sales)).toEqual(await inAll());
    const booked = (await Promise.all(paid.map(({ orderId }) => shop.chargesOf(orderId)))).flat();
    const ledger = booked.map(({ orderId: id, amount }) => ({
      id,
      placed: true,
      cents: `${amount.cents}`,
      rejected: false,
    }));
    const expected = [...ledger, { id: rejected.orderId, placed: true, cents: null, rejected: true }];
    expect(await rowsOf(expected.map(({ id }) => id))).toEqual(expected.sort((a, b) => a.id.localeCompare(b.id)));
  });
});

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
