import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Answers } from './driver/answers.js';
import { eventually } from './driver/eventually.js';
import { Shop } from './driver/shop.js';

const QUESTIONS = 'billing.quote-price.v1';
const PRICES = 'billing.price-list-changed.v1';

describe('what a handler of billing returns', () => {
  let shop: Shop;
  let answers: Answers;

  beforeAll(async () => {
    shop = await Shop.connect();
    answers = await Answers.open(shop);
  });
  afterAll(async () => {
    await answers.close();
    await shop.close();
  });

  it('is no reply to an event, though the record asks for one, and is the one reply to a request', async () => {
    const sku = `returned-${randomUUID()}`;
    const change = JSON.stringify({ sku, price: { cents: 495, currency: 'EUR' }, revision: 1 });
    const question = JSON.stringify({ lines: [{ sku, quantity: 2 }] });

    await shop.broker.send(PRICES, { key: sku, value: change, headers: answers.address('the event') });
    await eventually('both replicas have handled it', () => shop.handled({ topic: PRICES, key: sku }).length === 2);
    await shop.broker.send(QUESTIONS, { key: sku, value: question, headers: answers.address('the request') });
    await eventually('the request is handled', () => shop.handled({ topic: QUESTIONS, key: sku }).length === 1);

    expect(await answers.ids()).toEqual(['the request']);
    const [reply] = await answers.records();
    expect(JSON.parse(String(reply?.value))).toMatchObject({ total: { cents: 990, currency: 'EUR' } });
    expect(shop.handled({ topic: PRICES, key: sku }).map(({ outcome }) => outcome)).toEqual(['handled', 'handled']);
  });
});
