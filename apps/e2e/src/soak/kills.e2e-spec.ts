import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Shop } from '../driver/shop.js';
import { shortOrLong, tell } from './length.js';
import { OrderStream } from './order-stream.js';
import { become, bookingsOf, givenUpOf, retriesOf, subjectsOf } from './outcome.js';

const KILLS = shortOrLong(3, 50);

describe('billing, killed again and again while charges fail', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore(), 120_000);
  afterAll(() => shop.close());

  it('loses no order, charges none twice, and each customer gets each mail once', async () => {
    await shop.provider.faults({ failureRate: 0.5, latencyMs: 50, seed: 11 });
    const stream = new OrderStream(shop, shortOrLong(4, 10));
    for (let kill = 0; kill < KILLS; kill++) {
      await stream.goesOn(1 + Math.floor(Math.random() * 10));
      const replica = `billing-${1 + Math.floor(Math.random() * 2)}`;
      await shop.control.kill(replica);
      await shop.control.start(replica);
    }
    const placed = await stream.stop();
    await shop.provider.clearFaults();

    await become(shop, 'paid', placed);
    expect(new Set(await bookingsOf(shop, placed))).toEqual(new Set([1]));
    expect(await givenUpOf(shop, placed)).toEqual([]);
    const subjects = await subjectsOf(shop, placed, 2);
    expect(new Set(subjects.map((mails) => new Set(mails).size))).toEqual(new Set([2]));
    expect(new Set(subjects.map((mails) => mails.length))).toEqual(new Set([2]));
    tell(`${KILLS} kills, ${placed.length} orders, ${(await retriesOf(shop, placed)).length} retries, nothing lost`);
  }, 1_800_000);
});
