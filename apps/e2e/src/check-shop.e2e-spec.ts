import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkShop, reportSince } from './driver/check-shop.js';
import { query } from './driver/database.js';
import { eventually } from './driver/eventually.js';
import { anyone, Shop } from './driver/shop.js';

describe('npm run check-shop', () => {
  let shop: Shop;
  let begun: Date;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  beforeEach(() => {
    begun = new Date();
  });
  afterEach(() => shop.restore());
  afterAll(() => shop.close());

  /** Code and order of each contradiction since the test has begun. */
  const contradictions = async () => {
    const { code, contradictions: found } = await reportSince(begun);
    return { code, found: found.map((one) => [one.code, one.orderId]) };
  };

  it('finds the shop as it should be, whatever others have said of orders that are none', async () => {
    await shop.ordered();
    await shop.ordered({ card: 'tok_declined' });
    // A dead letter of each who hears it, at once.
    await shop.broker.send('orders.order-placed.v1', { key: randomUUID(), value: '{ no order' });

    const report = await reportSince(begun);

    expect(report).toMatchObject({ code: 0, verdict: 'kept', contradictions: [] });
    expect(report.counts).toMatchObject({ orders: 2, captured: 1, declined: 1, mails: 4, events: 4, foreignOrders: 1 });
  });

  it('names an order that is not in the database though it was said, charged and mailed', async () => {
    const { orderId } = await shop.ordered();
    await expect(reportSince(begun)).resolves.toMatchObject({ code: 0 });

    await query('orders', 'delete from orders where id = $1', [orderId]);

    const { code, found } = await contradictions();
    expect(code).toBe(1);
    expect(new Set(found.map(([what]) => what))).toEqual(
      new Set(['EVENT_WITHOUT_ORDER', 'CHARGE_WITHOUT_ORDER', 'MAIL_WITHOUT_CAUSE']),
    );
    expect(new Set(found.map(([, id]) => id))).toEqual(new Set([orderId]));
  });

  it('names an order that was said twice, and tells its story', async () => {
    const { orderId } = await shop.ordered();
    await expect(reportSince(begun)).resolves.toMatchObject({ code: 0 });
    const [record] = (await shop.broker.read('billing.payment-captured.v1')).filter(({ key }) => key === orderId);
    if (!record) throw new Error('the payment was not said');

    const { key, value, headers } = record;
    await shop.broker.send(record.topic, { key, value, headers });
    expect(await reportSince(begun)).toMatchObject({ code: 0, counts: { duplicates: 1 } });
    await shop.broker.send(record.topic, { key, value, headers: { ...headers, ce_id: randomUUID() } });

    const { code, said } = await checkShop(['--since', begun.toISOString()]);
    expect(code).toBe(1);
    expect(said).toContain(`TWO_IDENTITIES: Of order ${orderId} one event was expected, and there are 2`);
    expect(said).toContain('payment provider: captured, booked 4.95 EUR');
  });

  it('names a mail that is not there, and a status that is wrong', async () => {
    const email = anyone();
    const { orderId } = await shop.ordered({ email });
    await expect(reportSince(begun)).resolves.toMatchObject({ code: 0 });

    await shop.forgetMail(email, `Your order ${orderId}: paid`);
    await query('orders', `update orders set status = 'rejected' where id = $1`, [orderId]);

    expect(await contradictions()).toEqual({
      code: 1,
      found: [
        ['WRONG_STATUS', orderId],
        ['NO_MAIL', orderId],
      ],
    });
  });

  it('knows that something is still under way, and does not call it lost', async () => {
    await Promise.all(['notifications-1', 'notifications-2'].map((replica) => shop.control.stop(replica)));
    const { orderId } = await shop.ordered();
    await shop.becomes(orderId, 'paid');

    const report = await reportSince(begun, '--wait', '1');

    expect(report).toMatchObject({ code: 2, verdict: 'unfinished', contradictions: [] });
    expect(report.unfinished.join()).toContain('The group notifications has 1 record of orders.order-placed.v1');
    await shop.control.start('notifications-1');
    expect(await eventually('it is done', () => reportSince(begun))).toMatchObject({ code: 0, verdict: 'kept' });
  });

  it('says so in a sentence where no shop runs', async () => {
    const nowhere = mkdtempSync(join(tmpdir(), 'no-shop-'));

    const { code, said } = await checkShop([], { FIELDGUIDE_HOME: nowhere });

    rmSync(nowhere, { recursive: true });
    expect({ code, said }).toEqual({ code: 2, said: `No shop runs in ${nowhere}: start one with "npm start".\n` });
  });
});
