import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from './driver/eventually.js';
import { Shop } from './driver/shop.js';

const PLACED = 'orders.order-placed.v1';

describe('both replicas of billing, killed while they charge one order', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore());
  afterAll(() => shop.close());

  const handled = (orderId: string) => shop.handled({ topic: PLACED, group: 'billing', key: orderId });

  it('handle none of those again that were paid before, and charge that one once', async () => {
    const paid = [];
    for (let count = 0; count < 6; count++) paid.push((await shop.ordered()).orderId);
    for (const orderId of paid) await shop.becomes(orderId, 'paid');
    await eventually('billing has committed', async () => (await shop.broker.lag('billing', PLACED)) === 0);

    await shop.provider.faults({ loseAnswers: true });
    const { orderId } = await shop.ordered();
    await eventually('its charge is booked', async () => (await shop.chargesOf(orderId)).length > 0);
    await Promise.all([shop.control.kill('billing-1'), shop.control.kill('billing-2')]);
    await shop.provider.clearFaults();
    await shop.control.start('billing-1');

    await shop.becomes(orderId, 'paid');
    await eventually('billing has committed', async () => (await shop.broker.lag('billing', PLACED)) === 0);
    for (const order of paid)
      expect([handled(order), await shop.provider.charges(order)].map(lengthOf)).toEqual([1, 1]);
    // Handled to its end once, asked for twice, booked once.
    expect(handled(orderId)).toHaveLength(1);
    expect((await shop.provider.charges(orderId)).length).toBeGreaterThan(1);
    expect(await shop.chargesOf(orderId)).toHaveLength(1);
  });
});

const lengthOf = ({ length }: { length: number }): number => length;
