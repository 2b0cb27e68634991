import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OwnBroker, startOwnBroker } from '@fieldguide/infra';
import { type RunningShop, startShop } from '@fieldguide/replicas';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { eventually } from './driver/eventually.js';
import { Shop } from './driver/shop.js';

describe('a shop whose broker is killed', () => {
  const environment = { ...process.env };
  let broker: OwnBroker;
  let running: RunningShop;
  let shop: Shop;

  beforeAll(async () => {
    broker = await startOwnBroker();
    process.env['FIELDGUIDE_HOME'] = join(process.env['FIELDGUIDE_HOME'] ?? '.local', 'broker-outage');
    process.env['KAFKA_BROKERS'] = broker.kafka;
    running = await startShop({ name: 'broker-outage', replicas: { billing: 1, notifications: 1 } });
    shop = await Shop.connect(running.control);
  }, 180_000);

  afterAll(async () => {
    await shop?.close();
    await running?.stop();
    await broker?.remove();
    Object.assign(process.env, environment);
    if (environment['KAFKA_BROKERS'] === undefined) delete process.env['KAFKA_BROKERS'];
  }, 120_000);

  const health = async (replica: string) => {
    const { body, status } = await shop.http<{ status: string }>(`${shop.control.url(replica)}/health/live`);
    return { live: status, text: JSON.stringify(body) };
  };

  it('says so in health, loses no accepted order, charges none twice, and recovers by itself', async () => {
    const keys = Array.from({ length: 4 }, () => randomUUID());
    const before = await Promise.all(Array.from({ length: 4 }, () => shop.ordered()));

    await broker.kill();
    const during = await Promise.all(keys.map((key) => shop.placeOrder({ key })));
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

    const after = await eventually(
      'orders are taken again',
      async () => {
        const answers = await Promise.all(keys.map((key) => shop.placeOrder({ key })));
        return answers.every(({ status }) => status === 201) && answers;
      },
      60_000,
    );
    for (const { orderId } of [...before, ...after.map(({ body }) => body)]) {
      await shop.becomes(orderId, 'paid');
      expect(await shop.chargesOf(orderId)).toHaveLength(1);
    }
    for (const replica of ['orders-1', 'billing-1', 'notifications-1']) {
      await eventually(`${replica} is well again`, async () => !(await health(replica)).text.includes('degraded'));
    }
  }, 240_000);
});
