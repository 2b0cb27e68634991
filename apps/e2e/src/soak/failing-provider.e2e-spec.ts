import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Shop } from '../driver/shop.js';
import { shortOrLong, tell } from './length.js';
import { OrderStream } from './order-stream.js';
import { become, bookingsOf, givenUpOf, retriesOf } from './outcome.js';

const PER_SECOND = shortOrLong(10, 20);
/** Orders while every second charge fails: a minute of them, or some seconds. */
const ORDERS = shortOrLong(60, 1_200);

describe('a payment provider that fails every second time', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore());
  afterAll(() => shop.close());

  it('costs no order: each ends paid or rejected, with one charge or none, and none is a dead letter', async () => {
    await shop.provider.faults({ failureRate: 0.5, seed: 7 });
    const card = (index: number) => (index % 10 === 0 ? 'tok_declined' : 'tok_visa');
    const stream = new OrderStream(shop, PER_SECOND, (index) => ({ card: card(index) }));
    await stream.goesOn(ORDERS);
    const placed = await stream.stop();
    await shop.provider.clearFaults();

    const declined = placed.filter(({ wish }) => wish.card === 'tok_declined');
    const accepted = placed.filter(({ wish }) => wish.card === 'tok_visa');
    await become(shop, 'paid', accepted);
    await become(shop, 'rejected', declined);

    expect(new Set(await bookingsOf(shop, accepted))).toEqual(new Set([1]));
    expect(new Set(await bookingsOf(shop, declined))).toEqual(new Set([0]));
    expect(await givenUpOf(shop, placed)).toEqual([]);
    const failed = (await shop.provider.charges()).filter(({ outcome }) => outcome === 'failed').length;
    const retries = (await retriesOf(shop, placed)).length;
    tell(`${placed.length} orders, ${failed} failed charges, ${retries} retries, no dead letter`);
  }, 600_000);
});
