import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { header } from './driver/broker.js';
import { query } from './driver/database.js';
import { DatabaseGate } from './driver/database-gate.js';
import { eventually } from './driver/eventually.js';
import { anyone, Shop } from './driver/shop.js';

const PLACED = 'orders.order-placed.v1';

describe('orders, killed', () => {
  let shop: Shop;
  let gate: DatabaseGate;

  beforeAll(async () => {
    shop = await Shop.connect();
    gate = await DatabaseGate.connect('orders');
  });
  afterEach(async () => {
    await gate.open();
    await shop.restore();
  });
  afterAll(async () => {
    await gate.close();
    await shop.close();
  });

  const copiesOf = async (orderId: string): Promise<(string | undefined)[]> =>
    (await shop.broker.read(PLACED)).filter(({ key }) => key === orderId).map((record) => header(record, 'ce_id'));

  /** What a customer and the two witnesses see of an order that went well. */
  async function expectOneOfEach(orderId: string, email: string): Promise<void> {
    await shop.becomes(orderId, 'paid');
    expect(await shop.chargesOf(orderId)).toHaveLength(1);
    await shop.mailsAreOut();
    expect(await shop.subjectsTo(email, 2)).toEqual([`Your order ${orderId}: paid`, `Your order ${orderId}: received`]);
  }

  it('when an order is committed and not yet told: the order is told all the same', async () => {
    await gate.takeRelaysPlace();
    const email = anyone();
    const { orderId } = await shop.ordered({ email });
    expect(await copiesOf(orderId)).toEqual([]);

    await shop.control.kill('orders-1');
    await gate.open();
    await shop.control.start('orders-1');

    await expectOneOfEach(orderId, email);
    expect(await copiesOf(orderId)).toHaveLength(1);
  }, 60_000);

  it('when an order is told and not yet marked: it is told again as the same, and everything happens once', async () => {
    await gate.holdMarks();
    const email = anyone();
    const { orderId } = await shop.ordered({ email });
    await eventually('the order is told', async () => (await copiesOf(orderId)).length === 1);
    await gate.heldUp(1);

    await shop.control.kill('orders-1');
    await gate.rollBackHeldUp();
    await gate.open();
    await shop.control.start('orders-1');

    const copies = await eventually('it is told again', async () => {
      const found = await copiesOf(orderId);
      return found.length === 2 && found;
    });
    expect(new Set(copies).size).toBe(1);
    await expectOneOfEach(orderId, email);
  }, 60_000);

  it('when an order is committed and not yet answered: the same key gives that order', async () => {
    await gate.holdCommits('orders');
    const wish = { key: randomUUID(), email: anyone() };
    const unanswered = shop.placeOrder(wish).catch(() => 'cut off');
    await gate.heldUp(1);
    await shop.control.pause('orders-1');
    await gate.open();
    const stored = await eventually('it is committed', async () => (await orderOf(wish.key))[0]);

    await shop.control.kill('orders-1');
    expect(await unanswered).toBe('cut off');
    await shop.control.start('orders-1');

    const { orderId } = await shop.ordered(wish);
    expect(orderId).toBe(stored.id);
    await expectOneOfEach(orderId, wish.email);
    expect(await copiesOf(orderId)).toHaveLength(1);
  }, 60_000);

  it('before an order is committed: there is no order and no event, and the same key gives a new one', async () => {
    await gate.holdCommits('orders');
    const wish = { key: randomUUID(), email: anyone() };
    const unanswered = shop.placeOrder(wish).catch(() => 'cut off');
    await gate.heldUp(1);

    await shop.control.kill('orders-1');
    expect(await unanswered).toBe('cut off');
    await gate.rollBackHeldUp();
    await gate.open();
    expect(await orderOf(wish.key)).toEqual([]);
    await shop.control.start('orders-1');

    const { orderId } = await shop.ordered(wish);
    await expectOneOfEach(orderId, wish.email);
    expect(await copiesOf(orderId)).toHaveLength(1);
  }, 60_000);
});

const orderOf = (key: string): Promise<{ id: string }[]> =>
  query<{ id: string }>('orders', 'select id from orders where idempotency_key = $1', [key]);
