import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Answers } from './driver/answers.js';
import { header, type SeenRecord } from './driver/broker.js';
import { eventually } from './driver/eventually.js';
import { Shop } from './driver/shop.js';

const QUESTIONS = 'billing.quote-price.v1';
const REPLIES = 'orders.replies';

let shop: Shop;

beforeAll(async () => {
  shop = await Shop.connect();
});
afterAll(() => shop.close());

describe('a request that names in its payload where to reply', () => {
  let answers: Answers;

  beforeAll(async () => {
    answers = await Answers.open(shop);
  });
  afterAll(() => answers.close());

  it('is answered nowhere; in its headers, with a correlation id, it is', async () => {
    const key = randomUUID();
    const payload = { lines: [{ sku: 'tea', quantity: 1 }], replyTo: answers.topic };
    const handled = () => shop.handled({ topic: QUESTIONS, key });

    await shop.broker.send(QUESTIONS, { key, value: JSON.stringify(payload) });
    await eventually('the first is handled', () => handled().length === 1);
    await shop.broker.send(QUESTIONS, { key, value: JSON.stringify(payload), headers: answers.address('the second') });
    await eventually('the second is handled', () => handled().length === 2);

    expect(
      handled()
        .map(({ outcome }) => outcome)
        .sort(),
    ).toEqual(['answered', 'unanswered']);
    expect(await answers.ids()).toEqual(['the second']);
  });
});

describe('twelve orders at two replicas of orders at once', () => {
  afterEach(() => shop.restore());

  const ids = (records: readonly SeenRecord[]) => records.map((record) => header(record, 'kafka_correlationId'));
  const quantity = ({ value }: SeenRecord): number =>
    (JSON.parse(String(value)) as { lines: { quantity: number }[] }).lines[0]?.quantity ?? 0;

  it('are as many questions and replies, paired by correlation id, each priced for its own quantity', async () => {
    await shop.control.start('orders-2');
    const before = new Set(ids(await shop.broker.read(QUESTIONS)));

    const placed = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const count = index + 1;
        const order = await shop.ordered({ replica: index % 2 ? 'orders-1' : 'orders-2', quantity: count });
        return order.total.cents / count;
      }),
    );

    expect(new Set(placed).size).toBe(1);
    const asked = (await shop.broker.read(QUESTIONS)).filter((record) => !before.has(ids([record])[0]));
    const replies = await shop.broker.read(REPLIES);
    expect(asked.length).toBeGreaterThanOrEqual(12);
    expect(new Set(ids(asked)).size).toBe(asked.length);
    for (const question of asked) {
      expect(JSON.parse(String(question.value))).not.toHaveProperty('replyTo');
      const mine = replies.filter((record) => ids([record])[0] === ids([question])[0]);
      expect(mine.map(quantity)).toEqual([quantity(question)]);
    }
  });
});
