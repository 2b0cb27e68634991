import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { historyOf, judge, partsOf, run } from '@fieldguide/chaos';
import { Shop } from './driver/shop.js';

/** The short form of `npm run chaos`: docs/chaos.md. */
const SHORT = { faults: 15, seed: 8, rate: 10, overlap: 2 };

describe('a shop that is broken in every way while customers order', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore());
  afterAll(() => shop.close());

  it('keeps its word, and would be found out if it did not', async () => {
    const { control } = shop;
    const say = (line: string): void => void process.stdout.write(`  ${line}\n`);
    const { signal } = new AbortController();

    const outcome = await run({ ...SHORT, control, parts: partsOf(control.system.choices), say, signal });

    const history = await historyOf(control, outcome.orderIds.size, outcome.begun);
    expect(judge(outcome, history)).toMatchObject({ code: 0 });
    expect(outcome.undone.length).toBeLessThanOrEqual(2);
    expect(outcome.customers.accepted).toBe(outcome.customers.customers);
    expect(new Set(outcome.schedule.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(11);
    const [orderId = ''] = outcome.orderIds;
    const [mail] = history.mails?.filter((sent) => sent.orderId === orderId) ?? [];
    const [charge] = history.ledger.filter((attempt) => attempt.orderId === orderId);
    for (const planted of [
      { ...history, mails: history.mails?.filter((sent) => sent !== mail) },
      { ...history, ledger: [...history.ledger, { ...charge, booked: true } as (typeof history.ledger)[number]] },
      { ...history, orders: history.orders.filter(({ id }) => id !== orderId) },
    ])
      expect(judge(outcome, planted)).toMatchObject({ code: 1, words: expect.stringContaining(orderId) as unknown });
  }, 600_000);
});
