import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from './driver/eventually.js';
import { expectShopToKeepItsWord } from './driver/oracle.js';
import { type Answer, anyone, type OrderAnswer, Shop } from './driver/shop.js';

const TOPIC = 'orders.order-placed.v1';

describe('a service that is asked to stop', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore(), 120_000);
  afterAll(() => shop.close());

  it('ends with exit code 0 and is out of its group', async () => {
    const { ended } = await shop.control.stop('notifications-1');

    // Looked at once: a member that does not leave is missed when its session ends, 6 s later.
    expect(await shop.broker.memberNames('notifications')).toEqual(['notifications-2']);
    expect(ended).toMatch(/code 0/);
  });

  it('finishes what it is handling: the charge that runs is booked, said and committed', async () => {
    await shop.provider.faults({ latencyMs: 800 });
    const orders = await Promise.all(Array.from({ length: 4 }, () => shop.ordered({ email: anyone() })));
    await eventually('billing is charging', () => orders.some(({ orderId }) => isBeingHandled(shop, orderId)));

    for (const replica of ['billing-1', 'billing-2']) {
      expect((await shop.control.stop(replica)).ended).toMatch(/code 0/);
    }

    // What was running is done, and what was not begun is not lost.
    await shop.provider.clearFaults();
    await shop.control.start('billing-1');
    const { counts } = await expectShopToKeepItsWord(shop, orders);
    // One attempt for each, not one booking: an interrupted charge would be asked for again.
    expect(counts).toMatchObject({ captured: 4, attempts: 4 });
    for (const { orderId } of orders)
      expect(shop.handled({ topic: TOPIC, group: 'billing', key: orderId })).toHaveLength(1);
  });

  it('is replaced one replica after another without a refused order, and keeps its word about each', async () => {
    const answers: Answer<OrderAnswer>[] = [];
    let rolling = true;
    const customer = (async () => {
      while (rolling) answers.push(await shop.placeOrder());
    })();

    for (const replica of ['billing-1', 'billing-2', 'notifications-1', 'notifications-2']) {
      await shop.control.restart(replica);
    }
    rolling = false;
    await customer;

    expect(answers.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status !== 201)).toEqual([]);
    await expectShopToKeepItsWord(
      shop,
      answers.map(({ body }) => body),
    );
  });
});

/** Taken from the topic by billing and not at its end yet: the notification's side of the same event is done. */
function isBeingHandled(shop: Shop, orderId: string): boolean {
  const handled = shop.handled({ topic: TOPIC, key: orderId });
  return handled.some(({ group }) => group === 'notifications') && !handled.some(({ group }) => group === 'billing');
}
