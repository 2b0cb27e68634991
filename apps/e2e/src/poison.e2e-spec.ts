import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { eventually } from './driver/eventually.js';
import { Shop } from './driver/shop.js';

/** Each event topic that one replica of a service handles, and who gives up on what is poison there. */
const EVENTS: readonly (readonly [topic: string, services: readonly string[]])[] = [
  ['orders.order-placed.v1', ['billing', 'notifications']],
  ['billing.payment-captured.v1', ['notifications', 'orders']],
  ['billing.payment-declined.v1', ['notifications', 'orders']],
];

const POISON: Readonly<Record<string, Buffer | null>> = {
  'a tombstone': null,
  nothing: Buffer.alloc(0),
  'no JSON': Buffer.from('{"orderId":'),
  'invalid UTF-8': Buffer.from([0xff, 0xfe, 0x00]),
  'another type': Buffer.from('"an order"'),
  'missing fields': Buffer.from('{}'),
  'an array': Buffer.from('[1]'),
};

describe('poison bytes', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterAll(() => shop.close());

  it.each(EVENTS)('on %s become dead letters with their bytes, and stop nothing', async (topic, services) => {
    const key = `poison-${randomUUID()}`;
    const values = Object.values(POISON);

    await shop.broker.send(topic, ...values.map((value) => ({ key, value, headers: { origin: 'e2e' } })));

    for (const service of services) {
      const letters = await eventually(`${values.length} dead letters of ${service}`, async () => {
        const found = (await shop.deadLetters(service)).filter((letter) => letter.key === key);
        return found.length >= values.length && found;
      });
      expect(letters.map(({ value }) => value?.toString('hex') ?? null).sort()).toEqual(
        values.map((value) => value?.toString('hex') ?? null).sort(),
      );
      expect(letters.map(({ origin, headers }) => [origin, headers['origin']?.toString()])).toEqual(
        values.map(() => [topic, 'e2e']),
      );
    }
    await sellsTea();
  });

  it('on a topic that every replica handles become dead letters of each', async () => {
    const key = `poison-${randomUUID()}`;
    const values = Object.values(POISON);

    await shop.broker.send('billing.price-list-changed.v1', ...values.map((value) => ({ key, value })));

    await eventually('dead letters of two replicas', async () => {
      const letters = await shop.deadLetters('billing');
      return letters.filter((letter) => letter.key === key).length === 2 * values.length;
    });
  });

  it('on the request topic and the reply topic stop nothing either', async () => {
    const key = `poison-${randomUUID()}`;
    const values = Object.values(POISON).map((value) => ({ key, value }));

    await shop.broker.send('billing.quote-price.v1', ...values);
    await shop.broker.send('orders.replies', ...values);

    // Nobody can be answered: they say where to nowhere.
    await eventually('the requests are dead letters', async () => {
      const letters = await shop.deadLetters('billing');
      return letters.filter((letter) => letter.key === key).length === values.length;
    });
    await sellsTea();
    await eventually(
      'the requests are handled',
      async () => (await shop.broker.lag('billing', 'billing.quote-price.v1')) === 0,
    );
  });

  /** Orders until billing has handled one in each partition: a blocked one would hold its orders up. */
  const sellsTea = async (): Promise<void> => {
    const keys = new Set<string>();
    await eventually(
      'each partition is handled',
      async () => {
        const { orderId } = await shop.ordered();
        keys.add(orderId);
        await shop.becomes(orderId, 'paid');
        const handled = shop.handled({ topic: 'orders.order-placed.v1', group: 'billing' });
        const partitions = handled.filter(({ key }) => keys.has(key ?? '')).map(({ partition }) => partition);
        return new Set(partitions).size === 6;
      },
      90_000,
    );
  };
});
