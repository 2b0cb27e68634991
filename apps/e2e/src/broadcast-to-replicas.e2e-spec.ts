import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from './driver/eventually.js';
import { SlowPriceList } from './driver/slow-price-list.js';
import { Shop } from './driver/shop.js';

interface PriceList {
  readonly replica: string;
  readonly prices: readonly { readonly sku: string; readonly price: { readonly cents: number } }[];
}

describe('a changed price', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore());
  afterAll(() => shop.close());

  const priceAt = async (replica: string, sku: string): Promise<number | undefined> => {
    const { body } = await shop.http<PriceList>(`${shop.control.url(replica)}/price-list`);
    return body.prices.find((entry) => entry.sku === sku)?.price.cents;
  };

  /** Gives it a price that it did not have. */
  const change = async (sku: string): Promise<number> => {
    const cents = 1_000 + Math.floor(Math.random() * 1_000_000);
    const { status } = await shop.http(`${shop.control.url('billing-1')}/price-list/${sku}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ price: { cents, currency: 'EUR' } }),
    });
    expect(status).toBe(200);
    return cents;
  };

  const reaches = (replica: string, sku: string, cents: number) =>
    eventually(`${replica} has it`, async () => (await priceAt(replica, sku)) === cents);

  const groups = async (): Promise<string[]> =>
    (await shop.broker.groupIds()).filter((group) => group.startsWith('billing.replica.'));

  /** The group of a replica, which is started meanwhile. */
  const startWithGroup = async (replica: string): Promise<string> => {
    const before = await groups();
    await shop.control.start(replica);
    const [own = ''] = (await groups()).filter((group) => !before.includes(group));
    expect(own).toMatch(/^billing\.replica\.[0-9a-f]{12}$/);
    return own;
  };

  it('reaches every replica of billing', async () => {
    const cents = await change('mug');

    for (const replica of ['billing-1', 'billing-2']) await reaches(replica, 'mug', cents);
  });

  it('reaches a replica that was not there when it changed, and the group of its life before goes', async () => {
    await shop.control.stop('billing-2');
    const group = await startWithGroup('billing-2');
    await shop.control.kill('billing-2');
    const cents = await change('mug');

    await shop.control.start('billing-2');

    await reaches('billing-2', 'mug', cents);
    // Its session ends after 6 s, and the broker looks for empty groups every 5 s.
    await eventually('the group of the killed one is gone', async () => !(await groups()).includes(group), 60_000);
    expect(await groups()).toHaveLength(2);
  });

  it('reaches a replica that is starting, before or after it takes its position', async () => {
    await shop.control.stop('billing-2');
    const load = new SlowPriceList();
    try {
      const started = shop.control.start('billing-2');
      await load.hasRead(1);
      const early = await change('mug');
      load.goOn(1);
      // Now it has its position, and has read the list once more.
      await load.hasRead(2);
      const late = await change('tea');
      load.goOn(2);
      await started;

      await reaches('billing-2', 'mug', early);
      await reaches('billing-2', 'tea', late);
    } finally {
      load.remove();
    }
  });

  it('is followed in a group that is deleted when its replica stops', async () => {
    const group = await startWithGroup('billing-3');

    await shop.control.stop('billing-3');

    // Looked at once: the broker itself deletes an empty group at its next check.
    expect(await groups()).not.toContain(group);
  });
});
