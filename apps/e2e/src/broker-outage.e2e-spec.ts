import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isSecured, type OwnBroker, startOwnBroker } from '@fieldguide/infra';
import { type RunningShop, startShop } from '@fieldguide/replicas';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { header } from './driver/broker.js';
import { query } from './driver/database.js';
import { eventually } from './driver/eventually.js';
import { expectShopToKeepItsWord } from './driver/oracle.js';
import { anyone, Shop } from './driver/shop.js';

describe('a shop whose broker is taken away', () => {
  const environment = { ...process.env };
  let broker: OwnBroker;
  let running: RunningShop;
  let shop: Shop;

  beforeAll(async () => {
    broker = await startOwnBroker(isSecured(environment['KAFKA_SECURED']) ? { secured: { users: [] } } : {});
    // To the shop it is somebody else's, secured or not.
    delete process.env['KAFKA_SECURED'];
    process.env['FIELDGUIDE_HOME'] = join(process.env['FIELDGUIDE_HOME'] ?? '.local', 'broker-outage');
    Object.assign(process.env, broker.env);
    running = await startShop({ name: 'broker-outage', replicas: { billing: 1, notifications: 1 } });
    shop = await Shop.connect(running.control);
  });

  afterAll(async () => {
    await shop?.close();
    await running?.stop();
    await broker?.remove();
    for (const name of Object.keys(broker?.env ?? {})) delete process.env[name];
    Object.assign(process.env, environment);
  });

  const health = async (replica: string) => {
    const { body, status } = await shop.http<{ status: string }>(`${shop.control.url(replica)}/health/live`);
    return { live: status, text: JSON.stringify(body) };
  };

  it('says so in health, loses no accepted order, charges none twice, and recovers by itself', async () => {
    // The same key must come with the same body: some of them may be stored before others are.
    const wishes = Array.from({ length: 4 }, () => ({ key: randomUUID(), email: anyone() }));
    const before = await Promise.all(Array.from({ length: 4 }, () => shop.ordered()));

    await broker.kill();
    const during = await Promise.all(wishes.map((wish) => shop.placeOrder(wish)));
    expect(during.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
    for (const replica of ['orders-1', 'billing-1', 'notifications-1']) {
      await eventually(`${replica} says that it is degraded`, async () =>
        (await health(replica)).text.includes('degraded'),
      );
      expect((await health(replica)).live).toBe(200);
      // A broker that is away must not take every replica out.
      const ready = await shop.http(`${shop.control.url(replica)}/health/ready`);
      expect({ replica, ready: ready.status }).toEqual({ replica, ready: 200 });
    }
    await broker.start();

    const after = await eventually('orders are taken again', async () => {
      const answers = await Promise.all(wishes.map((wish) => shop.placeOrder(wish)));
      return answers.every(({ status }) => status === 201) && answers;
    });
    const { counts } = await expectShopToKeepItsWord(shop, [...before, ...after.map(({ body }) => body)]);
    expect(counts).toMatchObject({ orders: 8, captured: 8 });
    for (const replica of ['orders-1', 'billing-1', 'notifications-1']) {
      await eventually(`${replica} is well again`, async () => !(await health(replica)).text.includes('degraded'));
    }
  });

  it('tells of a charge though billing is killed after storing it and before the news is out, under the identity in the outbox', async () => {
    await shop.provider.faults({ latencyMs: 2_000 });
    const order = await shop.ordered();
    const { orderId } = order;
    await eventually('the charge runs', async () => (await shop.provider.health()).waiting === 1);

    await broker.pause();
    const stored = await eventually('the charge is stored', async () => (await newsOf(orderId))[0]);
    await shop.control.kill('billing-1');
    expect(await newsOf(orderId)).toEqual([{ id: stored.id, sentAt: null }]);
    // Killed as well: what billing may have sent to the frozen broker is not read later.
    await broker.kill();
    await broker.start();
    await shop.provider.clearFaults();
    await shop.control.start('billing-1');

    expect((await expectShopToKeepItsWord(shop, [order])).counts).toMatchObject({ captured: 1 });
    const news = (await shop.broker.read('billing.payment-captured.v1')).filter(({ key }) => key === orderId);
    expect(new Set(news.map((record) => header(record, 'ce_id')))).toEqual(new Set([stored.id]));
  });
});

/** What billing has to tell of an order, in the transaction that has decided about its charge. */
const newsOf = (orderId: string) =>
  query<{ id: string; sentAt: Date | null }>(
    'billing',
    `select outbox.id, sent_at as "sentAt" from outbox join charges on key = order_id::text
     where order_id = $1 and decided_at is not null`,
    [orderId],
  );
