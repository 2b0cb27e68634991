import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { home, workspaceRoot } from '@fieldguide/infra';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { query } from './driver/database.js';
import { eventually } from './driver/eventually.js';
import { offsets, replay } from './driver/replay.js';
import { anyone, Shop } from './driver/shop.js';

const PLACED = 'orders.order-placed.v1';
const CAPTURED = 'billing.payment-captured.v1';
const PRELOAD = join(home(), 'preload', 'notifications.mjs');

/** A build of notifications that can mail nobody. */
const BUG = `
import { MailsService } from '${pathToFileURL(join(workspaceRoot, 'apps/notifications/dist/mails/mails.service.js')).href}';
MailsService.prototype.sendTo = async () => { throw new TypeError('a bug'); };
`;

interface Move {
  readonly to: string;
  readonly again: number;
}

interface DailySales {
  readonly caughtUp: boolean;
  readonly days: readonly {
    readonly orders: number;
    readonly paid: number;
    readonly rejected: number;
    readonly sums: readonly { readonly cents: number }[];
  }[];
}

/** All that other specs have said is the past, too, poison among it. */
const PAST_MS = 90_000;

describe('analytics, which joins late', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore());
  afterAll(() => shop.close());

  /** As if it had never run: no group, nothing in its database. */
  const forgotten = async (): Promise<void> => {
    await shop.control.stop('analytics-1');
    await shop.broker.admin.deleteGroups(['analytics']);
    await query('analytics', 'truncate sales, takings, inbox', []);
  };

  const caughtUp = (): Promise<DailySales> =>
    eventually(
      'analytics has caught up',
      async () => {
        const { body } = await shop.http<DailySales>(`${shop.control.url('analytics-1')}/sales/daily`);
        return body.caughtUp && body;
      },
      PAST_MS,
    );

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

  const takings = () => query('analytics', 'select * from takings order by currency', []);

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
    await caughtUp();

    await eventually('the sums are those of the rows', async () =>
      isDeepStrictEqual(total(await caughtUp()), await inAll()),
    );
    const booked = (await Promise.all(paid.map(({ orderId }) => shop.chargesOf(orderId)))).flat();
    const ledger = booked.map(({ orderId: id, amount }) => ({
      id,
      placed: true,
      cents: `${amount.cents}`,
      rejected: false,
    }));
    const expected = [...ledger, { id: rejected.orderId, placed: true, cents: null, rejected: true }];
    const heard = await rowsOf(expected.map(({ id }) => id));
    expect(heard).toEqual(expected.sort((a, b) => a.id.localeCompare(b.id)));

    // Once more from the beginning, on top of what it has counted.
    await shop.control.stop('analytics-1');
    const moves = (await offsets('reset', '--group', 'analytics', '--to', 'beginning')) as Move[];
    expect(moves.some(({ again }) => again > 0)).toBe(true);
    const counted = await takings();
    await shop.control.start('analytics-1');
    await caughtUp();

    // A running sum, which the inbox keeps from counting anything twice.
    expect(await takings()).toEqual(counted);

    expect(await rowsOf(heard.map(({ id }) => id))).toEqual(heard);
    await eventually('the sums are those of the rows', async () =>
      isDeepStrictEqual(total(await caughtUp()), await inAll()),
    );
  });

  it('has its offsets moved only while it is stopped', async () => {
    await expect(offsets('reset', '--group', 'analytics', '--to', 'beginning')).rejects.toThrow(
      /Group analytics has members.*npm run replicas -- stop analytics-1/,
    );
    const [dry] = (await offsets('reset', '--group', 'analytics', '--to', 'beginning', '--dry-run')) as Move[];

    expect(dry).toMatchObject({ to: '0' });
    expect(await shop.broker.lag('analytics', PLACED)).toBe(0);
  });
});

describe('a replay', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterAll(() => shop.close());

  it('hands a period to the handlers of notifications, beside its replicas, and mails nobody again', async () => {
    const email = anyone();
    const from = new Date().toISOString();
    const { orderId } = await shop.ordered({ email });
    expect(await shop.subjectsTo(email, 2)).toHaveLength(2);
    await shop.mailsAreOut();
    const copies = shop.deadLetters('notifications');

    const dry = await replay('--service', 'notifications', '--from', from, '--dry-run');
    const { code, documents } = await replay('--service', 'notifications', '--from', from);

    const sizes = dry.documents as { records: number }[];
    // Other specs' records may be in it: poison has times of its own, and transactions leave gaps.
    const ended = documents.at(-1) as { replayed: number; left: unknown[] };
    expect(ended.left).toEqual([]);
    expect(code).toBe(documents.length > 1 ? 1 : 0);
    expect(ended.replayed).toBeGreaterThanOrEqual(2);
    expect(ended.replayed).toBeLessThanOrEqual(sum(sizes.map(({ records }) => records)));
    const again = shop.handled({ key: orderId, outcome: 'replayed' });
    expect(again.map(({ topic }) => topic).sort()).toEqual([CAPTURED, PLACED]);
    expect(new Set(again.map(({ group }) => group.replace(/[0-9a-f]{12}$/, '…')))).toEqual(
      new Set(['notifications.replay.…']),
    );
    expect(await shop.mailsTo(email)).toHaveLength(2);
    expect((await shop.broker.groupIds()).filter((group) => group.includes('.replay.'))).toEqual([]);
    expect((await shop.deadLetters('notifications')).length).toBe((await copies).length);
  });

  it('reports what a handler fails at: nothing is tried later, or given up', async () => {
    const from = new Date().toISOString();
    const { orderId } = await shop.ordered();
    await shop.becomes(orderId, 'paid');
    await shop.mailsAreOut();
    mkdirSync(join(home(), 'preload'), { recursive: true });
    writeFileSync(PRELOAD, BUG);

    const { code, documents } = await replay(
      ...['--service', 'notifications', '--from', from, '--handler', 'MailCustomerWhenOrderPlaced'],
    ).finally(() => rmSync(PRELOAD));

    expect(code).toBe(1);
    const [placed] = (await shop.broker.read(PLACED)).filter(({ key }) => key === orderId);
    expect(documents).toEqual(
      expect.arrayContaining([
        {
          failure: expect.objectContaining({
            ...{ topic: PLACED, partition: placed?.partition, offset: `${placed?.offset}`, error: 'TypeError' },
            ...{ handler: 'MailCustomerWhenOrderPlaced.handle', attempts: 1, message: 'a bug' },
          }) as unknown,
        },
      ]),
    );
    for (const topic of ['notifications.retry.1s', 'notifications.dead-letters'])
      expect((await shop.broker.read(topic)).filter(({ key }) => key === orderId)).toEqual([]);
  });

  it('refuses to charge cards once more', async () => {
    await expect(replay('--service', 'billing', '--from', 'beginning')).rejects.toThrow(
      /ChargeCardWhenOrderPlaced\.handle .* is not marked replayable: true/,
    );
  });
});

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
