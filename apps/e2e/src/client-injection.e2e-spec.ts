import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { eventually } from './driver/eventually.js';
import { Shop } from './driver/shop.js';

/** Which groups of a service there are: its own, its retries', and those for a while. */
const KINDS = /^(orders|billing|notifications|analytics)(\.retry|\.replies\.[0-9a-f]+|\.replica\.[0-9a-f]+)?$/;

describe('billing, which publishes from two of its modules', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterAll(() => shop.close());

  it('joins no group for it, and has no client beside its replicas', async () => {
    const sku = `injected-${randomUUID()}`;
    const price = JSON.stringify({ price: { cents: 700, currency: 'EUR' } });
    const headers = { 'content-type': 'application/json' };

    const url = `${shop.control.url('billing-1')}/price-list/${sku}`;
    expect((await shop.http(url, { method: 'PUT', headers, body: price })).status).toBe(200);
    const order = await eventually('an order of it', async () => {
      const { status, body } = await shop.placeOrder({ sku });
      return status === 201 && body;
    });
    await shop.becomes(order.orderId, 'paid');

    const topics = ['billing.price-list-changed.v1', 'billing.payment-captured.v1'];
    const keys = await Promise.all(topics.map(async (topic) => (await shop.broker.read(topic)).map(({ key }) => key)));
    expect(keys.map((all, index) => all.filter((key) => key === [sku, order.orderId][index]).length)).toEqual([1, 1]);
    const { groups } = await shop.broker.admin.describeGroups(await shop.broker.groupIds());
    // What claims and other specs left behind has no members.
    const living = groups.filter(({ groupId, members }) => members.length > 0 && !groupId.startsWith('e2e-'));
    expect(living.map(({ groupId }) => groupId).filter((group) => !KINDS.test(group))).toEqual([]);
    const clients = new Set(living.flatMap(({ members }) => members.map(({ clientId }) => clientId)));
    expect([...clients].filter((client) => !/^(orders|billing|notifications|analytics)-\d$/.test(client))).toEqual([]);
    expect([...clients].filter((client) => client.startsWith('billing')).sort()).toEqual(['billing-1', 'billing-2']);
  });
});
