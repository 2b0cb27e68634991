import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { deadLetters } from '../driver/dead-letters.js';
import { Shop } from '../driver/shop.js';
import { shortOrLong, tell } from './length.js';
import { OrderStream } from './order-stream.js';
import { become, bookingsOf, end, givenUpOf, retriesOf, subjectsOf } from './outcome.js';

const KILLS = shortOrLong(3, 50);

describe('billing, killed again and again while charges fail', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore());
  afterAll(() => shop.close());

  it('loses no order, charges none twice, and each customer gets each mail once', async () => {
    const since = `since=${new Date().toISOString()}`;
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

    // One of 64 fails six times in a row, where the provider does so for longer than the retry topics take.
    await end(shop, placed);
    const givenUp = new Set(await givenUpOf(shop, placed));
    const code = ['--where', 'code=PAYMENT_PROVIDER', '--where', since];
    await deadLetters('redrive', '--service', 'billing', ...code);

    await become(shop, 'paid', placed);
    expect(new Set(await bookingsOf(shop, placed))).toEqual(new Set([1]));
    const subjects = await subjectsOf(shop, placed, 2);
    expect(new Set(subjects.map((mails) => new Set(mails).size))).toEqual(new Set([2]));
    expect(new Set(subjects.map((mails) => mails.length))).toEqual(new Set([2]));
    const retries = (await retriesOf(shop, placed)).length;
    tell(`${KILLS} kills, ${placed.length} orders, ${retries} retries, ${givenUp.size} redriven, nothing lost`);
  }, 1_800_000);
});
