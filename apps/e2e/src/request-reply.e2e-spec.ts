import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type OrderAnswer, Shop } from './driver/shop.js';

describe('two replicas of orders that ask billing for quotes', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore(), 120_000);
  afterAll(() => shop.close());

  it('get each its own replies', async () => {
    await shop.control.start('orders-2');

    const asked = Array.from({ length: 20 }, (_, index) =>
      shop.placeOrder({ replica: index % 2 ? 'orders-1' : 'orders-2', quantity: 1 + (index % 5) }),
    );

    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(20).fill(201));
    const price = (answers[0]?.body as OrderAnswer).total.cents;
    expect(answers.map(({ body }) => body.total.cents)).toEqual(answers.map((_, index) => price * (1 + (index % 5))));
  });

  it('go on being answered while the other is killed', async () => {
    await shop.control.start('orders-2');
    await shop.ordered({ replica: 'orders-2' });

    const killed = shop.control.kill('orders-2');
    const answers = await Promise.all(Array.from({ length: 10 }, () => shop.placeOrder({ replica: 'orders-1' })));
    await killed;

    expect(answers.map(({ status }) => status)).toEqual(Array<number>(10).fill(201));
    expect((await shop.placeOrder({ replica: 'orders-1' })).status).toBe(201);
  });

  it('answer 503 in time when billing is stopped, and store nothing', async () => {
    await shop.control.stop('billing-1');
    await shop.control.stop('billing-2');
    const key = `no-quote-${Date.now()}`;

    const { status, headers } = await shop.placeOrder({ key });

    expect(status).toBe(503);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    // The same key with another body would be refused, had an order been stored.
    await shop.restore();
    const later = await shop.placeOrder({ key, quantity: 3 });
    expect(later.status).toBe(201);
    await shop.becomes(later.body.orderId, 'paid');
  });

  it('leave no group behind when they stop', async () => {
    const before = await shop.broker.groupIds();
    await shop.control.start('orders-2');
    const own = (await shop.broker.groupIds()).filter((group) => !before.includes(group));
    expect(own).toEqual([expect.stringMatching(/^orders\.replies\./)]);

    await shop.control.stop('orders-2');

    // Looked at once: the broker itself deletes an empty group at its next check.
    expect(await shop.broker.groupIds()).not.toContain(own[0]);
  });
});
