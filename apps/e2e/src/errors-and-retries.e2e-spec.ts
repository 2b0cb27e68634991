import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { eventually } from './driver/eventually.js';
import type { Handled } from './driver/journal.js';
import { Shop } from './driver/shop.js';

const PLACED = 'orders.order-placed.v1';

describe('a message whose handler fails', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore());
  afterAll(() => shop.close());

  /** What billing says of an order, once it has come to this end. */
  const ended = (orderId: string, outcome: string): Promise<Handled> =>
    eventually(`${orderId} is ${outcome}`, () =>
      shop.handled({ topic: PLACED, key: orderId }).find((one) => one.outcome === outcome && isBilling(one)),
    );

  it('leaves its partition after its attempts in place: the next one there is paid before it, and nothing is uncommitted', async () => {
    await shop.provider.faults({ failingCards: { tok_amex: 4 } });
    const { orderId: failing } = await shop.ordered({ card: 'tok_amex' });
    const { partition } = await ended(failing, 'retry-1s');

    const next = await eventually('an order in the same partition', async () => {
      const orders = await Promise.all(Array.from({ length: 6 }, () => shop.ordered()));
      const handled = await Promise.all(orders.map(({ orderId }) => ended(orderId, 'handled')));
      return handled.find((one) => one.partition === partition);
    });
    await eventually('nothing is uncommitted', async () => (await shop.broker.lag('billing', PLACED)) === 0);
    await shop.becomes(failing, 'paid');

    const paid = await ended(failing, 'handled');
    expect(paid).toMatchObject({ group: 'billing.retry', attempt: 5 });
    expect(Date.parse(paid.time)).toBeGreaterThan(Date.parse(next.time));
    expect(await shop.chargesOf(failing)).toHaveLength(1);
  });

  it('is answered at once if it is a request, and neither retried nor a dead letter', async () => {
    const sku = `sku-${randomUUID().slice(0, 8)}`;
    const before = (await shop.deadLetters('billing')).length;

    const { status, body } = await shop.placeOrder<{ message?: unknown }>({ sku });

    expect({ status, body: JSON.stringify(body) }).toEqual({ status: 422, body: expect.stringContaining(sku) });
    await shop.becomes((await shop.ordered()).orderId, 'paid');
    expect((await shop.deadLetters('billing')).length).toBe(before);
  });
});

const isBilling = ({ group }: Handled): boolean => group === 'billing' || group === 'billing.retry';
