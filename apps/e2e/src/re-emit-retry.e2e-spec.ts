import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from './driver/eventually.js';
import { anyone, Shop } from './driver/shop.js';

const PLACED = 'orders.order-placed.v1';
/** Three in place, one after a second; the fifth attempt finds the provider mended. */
const FAILURES = 4;

describe('an order that billing fails at four times', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore());
  afterAll(() => shop.close());

  const recordsOf = async (orderId: string, topic: string) =>
    (await shop.broker.read(topic)).filter(({ key }) => key === orderId);

  it('is paid at the fifth attempt, and once: one record in its topic, one in two retry topics, one mail that it came', async () => {
    const email = anyone();
    await shop.provider.faults({ failingCards: { tok_amex: FAILURES } });

    const { orderId } = await shop.ordered({ card: 'tok_amex', email });
    await shop.becomes((await shop.ordered()).orderId, 'paid');
    await shop.becomes(orderId, 'paid');

    const attempts = await shop.provider.charges(orderId);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed', 'failed', 'repeated']);
    expect(attempts.filter(({ booked }) => booked)).toHaveLength(1);
    const topics = [PLACED, 'billing.retry.1s', 'billing.retry.10s', 'billing.retry.1m', 'billing.dead-letters'];
    const records = await Promise.all(topics.map((topic) => recordsOf(orderId, topic)));
    expect(records.map(({ length }) => length)).toEqual([1, 1, 1, 0, 0]);
    await shop.mailsAreOut();
    const handled = await eventually('its way is in the journal', () => {
      const found = shop.handled({ topic: PLACED, key: orderId });
      const isThrough = found.some(({ group, outcome }) => group === 'billing.retry' && outcome === 'handled');
      return isThrough && found.some(({ group }) => group === 'analytics') && found;
    });
    expect(handled.map(({ group, outcome, attempt }) => `${group}: ${outcome} at attempt ${attempt}`).sort()).toEqual([
      'analytics: handled at attempt 1',
      'billing.retry: handled at attempt 5',
      'billing.retry: retry-10s at attempt 4',
      'billing: retry-1s at attempt 3',
      'notifications: handled at attempt 1',
    ]);
    expect(await shop.subjectsTo(email, 2)).toEqual([`Your order ${orderId}: paid`, `Your order ${orderId}: received`]);
  });
});
