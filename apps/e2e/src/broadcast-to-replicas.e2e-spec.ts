import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from './driver/eventually.js';
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
  afterEach(() => shop.restore(), 120_000);
  afterAll(() => shop.close());

  const priceAt = async (replica: string, sku: string): Promise<number | undefined> => {
    const { body } = await shop.http<PriceList>(`${shop.control.url(replica)}/price-list`);
    return body.prices.find((entry) => entry.sku === sku)?.price.cents;
  };

  const put = (sku: string, cents: number) =>
    shop.http(`${shop.control.url('billing-1')}/price-list/${sku}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ price: { cents, currency: 'EUR' } }),
    });

  it('reaches every replica of billing', async () => {
    const cents = 1_000 + Math.floor(Math.random() * 9_000);

    expect((await put('mug', cents)).status).toBe(200);

    for (const replica of ['billing-1', 'billing-2']) {
      await eventually(`${replica} has it`, async () => (await priceAt(replica, 'mug')) === cents);
    }
  });

  it('is known to a replica that was not there when it changed', async () => {
    await shop.control.kill('billing-2');
    const cents = 1_000 + Math.floor(Math.random() * 9_000);
    await put('mug', cents);

    await shop.control.start('billing-2');

    await eventually('billing-2 has it', async () => (await priceAt('billing-2', 'mug')) === cents);
  });
});
