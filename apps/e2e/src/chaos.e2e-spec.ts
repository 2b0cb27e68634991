import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { judge, type Outcome, partsOf, run } from '@fieldguide/chaos';
import { Shop } from './driver/shop.js';

/** The short form of `npm run chaos`: docs/chaos.md. */
const SHORT = { faults: 15, seed: 8, rate: 10, overlap: 2 };

describe('a shop that is broken in every way while customers order', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore(), 120_000);
  afterAll(() => shop.close());

  it('keeps its word', async () => {
    const parts = partsOf(shop.control.system.choices);
    const say = (line: string): void => void process.stdout.write(`  ${line}\n`);
    const outcome: Outcome = await run({
      ...SHORT,
      control: shop.control,
      parts,
      say,
      signal: new AbortController().signal,
    });

    const verdict = await judge(outcome, shop.control);
    expect(verdict).toMatchObject({ code: 0 });
    expect(outcome.customers.accepted).toBe(outcome.customers.customers);
    expect(new Set(outcome.schedule.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(11);
  }, 400_000);
});
