import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from './driver/eventually.js';
import { Shop } from './driver/shop.js';

describe('an event that three services handle', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterAll(() => shop.close());

  it('reaches each of them once, as the same record', async () => {
    const { orderId } = await shop.ordered();

    const handled = await eventually('all groups have handled it', () => {
      const entries = shop.handled({ topic: 'orders.order-placed.v1', key: orderId });
      return entries.length >= 3 && entries;
    });
    await shop.becomes(orderId, 'paid');
    expect(handled.map(({ group }) => group).sort()).toEqual(['analytics', 'billing', 'notifications']);
    const records = new Set(handled.map(({ partition, offset, id }) => `${partition}/${offset}/${id}`));
    expect(records.size).toBe(1);
  });

  it('is committed by each group for itself', async () => {
    const { orderId } = await shop.ordered();
    await shop.becomes(orderId, 'paid');

    for (const group of ['analytics', 'billing', 'notifications']) {
      await eventually(
        `${group} has committed`,
        async () => (await shop.broker.lag(group, 'orders.order-placed.v1')) === 0,
      );
    }
    const { groups } = await shop.broker.admin.describeGroups(['analytics', 'billing', 'notifications']);
    expect(groups.map(({ state }) => state)).toEqual(['Stable', 'Stable', 'Stable']);
  });
});
