import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from './driver/eventually.js';
import { anyone, Shop } from './driver/shop.js';

const PLACED = 'orders.order-placed.v1';

describe('an order whose charge fails again and again', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore());
  afterAll(() => shop.close());

  const retriesOf = async (orderId: string) =>
    (await shop.broker.read('billing.retry.1s')).filter(({ key }) => key === orderId);

  it('is tried again by billing only, later, while others are paid; then it is paid, with one charge', async () => {
    const email = anyone();
    await shop.provider.faults({ failureRate: 1 });
    const { orderId } = await shop.ordered({ email });
    const [retry] = await eventually('it waits in a retry topic', async () => {
      const found = await retriesOf(orderId);
      return found.length > 0 && found;
    });
    await shop.provider.clearFaults();
    await shop.becomes((await shop.ordered()).orderId, 'paid');
    await shop.becomes(orderId, 'paid');

    expect(await shop.chargesOf(orderId)).toHaveLength(1);
    const placed = (await shop.broker.read(PLACED)).find(({ key }) => key === orderId);
    expect(retry?.value).toEqual(placed?.value);
    expect(retry?.headers['ce_id']).toEqual(placed?.headers['ce_id']);
    const handled = await eventually('its way is in the journal', () => {
      const found = shop.handled({ topic: PLACED, key: orderId });
      return found.some(({ group, outcome }) => group === 'billing.retry' && outcome === 'handled') && found;
    });
    expect(handled.map(({ group, outcome, attempt }) => `${group}: ${outcome} at attempt ${attempt}`)).toEqual(
      expect.arrayContaining([
        'billing: retry-1s at attempt 3',
        // The fourth, or on a machine that is slow to mend the provider the one after.
        expect.stringMatching(/^billing\.retry: handled at attempt [45]$/),
        'notifications: handled at attempt 1',
      ]),
    );
    expect(handled.filter(({ group }) => group === 'notifications')).toHaveLength(1);
    expect(await shop.subjectsTo(email, 2)).toHaveLength(2);
  });
});
