import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { deadLetters } from './driver/dead-letters.js';
import { eventually } from './driver/eventually.js';
import { Shop } from './driver/shop.js';

const PLACED = 'orders.order-placed.v1';
interface Listed {
  readonly id: string;
  readonly topic: string;
  readonly origin: string;
  readonly redrives: number;
  readonly code: string;
}

describe('dead letters of the shop', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterAll(() => shop.close());

  const list = async (service: string, key: string) =>
    (await deadLetters('list', '--service', service, '--where', `key=${key}`)) as Listed[];

  const listed = (service: string, key: string, which: (letter: Listed) => boolean = () => true) =>
    eventually(`a dead letter of ${service}`, async () => (await list(service, key)).find(which));

  it('go back to the service that failed and to no other, and are settled for each by itself', async () => {
    const key = `poison-${randomUUID()}`;
    await shop.broker.send(PLACED, { key, value: '{"orderId":' });
    const [ofBilling, ofNotifications] = await Promise.all([listed('billing', key), listed('notifications', key)]);
    expect([ofBilling.topic, ofNotifications.topic]).toEqual([PLACED, PLACED]);

    expect(await deadLetters('redrive', '--service', 'billing', '--where', `key=${key}`)).toMatchObject([
      { redriven: 1, refused: {} },
    ]);
    // It is no better now: a dead letter again, and the same message.
    const again = await listed('billing', key, ({ redrives }) => redrives === 1);

    expect(again).toMatchObject({ topic: PLACED, origin: ofBilling.origin, code: 'NOT_JSON' });
    expect(await list('billing', key)).toEqual([again]);
    expect(await list('notifications', key)).toEqual([ofNotifications]);

    await deadLetters('discard', '--service', 'billing', '--where', `key=${key}`);
    await deadLetters('discard', '--service', 'notifications', '--where', `key=${key}`);
    expect([await list('billing', key), await list('notifications', key)]).toEqual([[], []]);
  });
});
