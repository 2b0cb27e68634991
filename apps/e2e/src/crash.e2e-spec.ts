import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from './driver/eventually.js';
import { expectShopToKeepItsWord } from './driver/oracle.js';
import { anyone, Shop } from './driver/shop.js';

describe('a service that is killed between its work and saying so', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore());
  afterAll(() => shop.close());

  it('billing, while it does not know that its charge is booked: the order becomes paid, with one charge', async () => {
    const email = anyone();
    // Booked, and the answer lost. What comes after the answer is in broker-outage.e2e-spec.ts.
    await shop.provider.faults({ loseAnswers: true });
    const { orderId } = await shop.ordered({ email });
    await eventually('the charge is booked', async () => (await shop.chargesOf(orderId)).length > 0);

    await Promise.all([shop.control.kill('billing-1'), shop.control.kill('billing-2')]);
    expect((await shop.order(orderId)).body.status).toBe('placed');
    await shop.provider.clearFaults();
    await shop.control.start('billing-1');

    await shop.becomes(orderId, 'paid');
    expect(await shop.chargesOf(orderId)).toHaveLength(1);
    expect(await shop.subjectsTo(email, 2)).toHaveLength(2);
  });

  it('both of notifications, over a stream of orders: every mail is sent, and twice only where the kill explains it', async () => {
    const customers = Array.from({ length: 6 }, () => anyone());
    const orders = customers.map((email) => shop.ordered({ email }));
    await eventually('the first mail is there', async () => (await shop.mailsTo(customers[0] ?? '')).length > 0);

    const replicas = ['notifications-1', 'notifications-2'];
    const kills = replicas.map((target) => ({ at: new Date().toISOString(), kind: 'kill', target }));
    await Promise.all(replicas.map((replica) => shop.control.kill(replica)));
    const accepted = await Promise.all(orders);
    await shop.control.start('notifications-1');

    const { counts, allowedDoubles } = await expectShopToKeepItsWord(shop, accepted, kills);
    expect(counts.mails).toBe(12 + allowedDoubles.length);
  });
});
