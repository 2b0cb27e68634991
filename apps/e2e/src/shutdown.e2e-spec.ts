import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { eventually } from './driver/eventually.js';
import { expectShopToKeepItsWord } from './driver/oracle.js';
import { type Answer, anyone, type OrderAnswer, Shop } from './driver/shop.js';

const TOPIC = 'orders.order-placed.v1';

describe('a service that is asked to stop', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore());
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

  it('is replaced, each replica of each service, and customers who come back with their key see no error', async () => {
    const answers: Answer<OrderAnswer>[] = [];
    let rolling = true;
    const customer = async (): Promise<void> => {
      while (rolling) answers.push(await insisting(shop));
    };
    const customers = [customer(), customer()];

    for (const replica of ['orders-1', 'billing-1', 'billing-2', 'notifications-1', 'notifications-2', 'analytics-1']) {
      await shop.control.restart(replica);
    }
    rolling = false;
    await Promise.all(customers);

    expect(answers.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status !== 201)).toEqual([]);
    const orders = answers.map(({ body }) => body);
    await expectShopToKeepItsWord(shop, orders);
    // What runs is finished and committed before partitions move: nothing is left for the inbox to find.
    for (const topic of [TOPIC, 'billing.payment-captured.v1']) {
      const handled = shop.handled({ topic }).filter(({ key }) => orders.some(({ orderId }) => orderId === key));
      const calls = handled.map(({ group, key }) => `${group} ${key}`);
      expect(calls.filter((call, index) => calls.indexOf(call) !== index)).toEqual([]);
    }
  });
});

/** A customer whose connection is refused, or cut, comes back with the same key and body. An answer is an answer. */
async function insisting(shop: Shop): Promise<Answer<OrderAnswer>> {
  const wish = { key: randomUUID(), email: anyone() };
  return eventually('an answer to the order', () => shop.placeOrder(wish));
}

/** Taken from the topic by billing and not at its end yet: the notification's side of the same event is done. */
function isBeingHandled(shop: Shop, orderId: string): boolean {
  const handled = shop.handled({ topic: TOPIC, key: orderId });
  return handled.some(({ group }) => group === 'notifications') && !handled.some(({ group }) => group === 'billing');
}
