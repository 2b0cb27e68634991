import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { header } from './driver/broker.js';
import { eventually } from './driver/eventually.js';
import { Shop } from './driver/shop.js';

const PLACED = 'orders.order-placed.v1';
const RETRY_TOPICS = ['billing.retry.1s', 'billing.retry.10s', 'billing.retry.1m'];

describe("an error of billing's payment provider", () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore());
  afterAll(() => shop.close());

  const retriesOf = async (orderId: string) => {
    const records = await Promise.all(RETRY_TOPICS.map((topic) => shop.broker.read(topic)));
    return records.flat().filter(({ key }) => key === orderId);
  };

  const deadLettersOf = async (orderId: string) =>
    (await shop.deadLetters('billing')).filter(({ key }) => key === orderId);

  /** What billing says of it, once it has come to an end. */
  const endOf = (orderId: string) =>
    eventually('billing is done with it', () => {
      const handled = shop.handled({ topic: PLACED, key: orderId, group: 'billing' });
      return handled.length > 0 && handled.map(({ outcome, attempt }) => `${outcome} at attempt ${attempt}`);
    });

  it('that passes, a 500, is tried again in place: paid at the third attempt, with one charge', async () => {
    await shop.provider.faults({ failingCards: { tok_amex: 2 } });

    const { orderId } = await shop.ordered({ card: 'tok_amex' });

    await shop.becomes(orderId, 'paid');
    expect(await endOf(orderId)).toEqual(['handled at attempt 3']);
    expect(await shop.chargesOf(orderId)).toHaveLength(1);
    expect([await retriesOf(orderId), await deadLettersOf(orderId)]).toEqual([[], []]);
  });

  it('that no attempt can cure, a 403, is a dead letter after one, and nothing is charged', async () => {
    await shop.provider.faults({ refusedCards: ['tok_amex'] });

    const { orderId } = await shop.ordered({ card: 'tok_amex' });

    expect(await endOf(orderId)).toEqual(['dead-letter at attempt 1']);
    const letters = await deadLettersOf(orderId);
    expect(letters).toMatchObject([{ origin: PLACED, code: 'CHARGE_REFUSED' }]);
    expect(letters.map((letter) => header(letter, 'dead-letter-attempts'))).toEqual(['1']);
    expect(await shop.provider.charges(orderId)).toMatchObject([{ outcome: 'refused', booked: false }]);
    expect(await retriesOf(orderId)).toEqual([]);
  });

  it('that is an answer, a declined card, is none: handled at once, and the order is rejected', async () => {
    const { orderId } = await shop.ordered({ card: 'tok_declined' });

    await shop.becomes(orderId, 'rejected');
    expect(await endOf(orderId)).toEqual(['handled at attempt 1']);
    expect([await retriesOf(orderId), await deadLettersOf(orderId)]).toEqual([[], []]);
  });

  it('that is its absence lets orders wait in their lanes, and says so in health; then all are paid, each once', async () => {
    await shop.provider.faults({ down: true });

    const orders = [await shop.ordered(), await shop.ordered(), await shop.ordered()];

    await eventually('health says that lanes wait', async () => (await waiting()).includes(`${PLACED} waits`));
    await shop.provider.clearFaults();
    for (const { orderId } of orders) {
      await shop.becomes(orderId, 'paid');
      expect(await endOf(orderId)).toEqual([expect.stringMatching(/^handled at attempt \d+$/)]);
      expect(await shop.chargesOf(orderId)).toHaveLength(1);
      expect([await retriesOf(orderId), await deadLettersOf(orderId)]).toEqual([[], []]);
    }
    await eventually('health is well again', async () => !(await waiting()).includes('waits'));
  });

  /** Why billing is degraded, in its own words; degraded is alive and ready. */
  const waiting = async (): Promise<string> => {
    const answers = ['billing-1', 'billing-2'].map((replica) => shop.http(`${shop.control.url(replica)}/health/ready`));
    const bodies = (await Promise.all(answers)).map(({ status, body }) => {
      expect(status).toBe(200);
      return JSON.stringify(body);
    });
    return bodies.join();
  };
});
