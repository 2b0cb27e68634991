import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from './driver/eventually.js';
import { expectShopToKeepItsWord } from './driver/oracle.js';
import { Shop } from './driver/shop.js';

const TOPIC = 'orders.order-placed.v1';

describe('two replicas of billing', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore());
  afterAll(() => shop.close());

  const partitionsOf = (replica: string) =>
    eventually(`${replica} has partitions`, async () => (await shop.broker.members('billing', TOPIC)).get(replica));

  /** The replicas that have handled an order to its end, once its record is committed. */
  const handlersOf = async (orderId: string): Promise<string[]> => {
    await eventually('billing has committed', async () => (await shop.broker.lag('billing', TOPIC)) === 0);
    return shop.handled({ topic: TOPIC, group: 'billing', key: orderId }).map(({ replica }) => replica);
  };

  /** Orders until each of these replicas has handled one, and returns who handled which. */
  const orderUntilHandledBy = async (...replicas: string[]): Promise<Map<string, string[]>> => {
    const handlers = new Map<string, string[]>();
    const orders: string[] = [];
    await eventually(`${replicas.join(' and ')} handle orders`, async () => {
      const { orderId } = await shop.ordered();
      orders.push(orderId);
      await shop.becomes(orderId, 'paid');
      for (const id of orders) handlers.set(id, await handlersOf(id));
      return replicas.every((replica) => [...handlers.values()].some((names) => names.includes(replica)));
    });
    return handlers;
  };

  it('have half of the partitions each, and each event is handled by one of them', async () => {
    const [one, two] = [await partitionsOf('billing-1'), await partitionsOf('billing-2')];
    expect([...one, ...two].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(one).toHaveLength(3);

    const handlers = await orderUntilHandledBy('billing-1', 'billing-2');

    for (const names of handlers.values()) expect(names).toHaveLength(1);
  });

  it('become one when the other is killed, and it takes over every partition', async () => {
    await shop.control.kill('billing-1');

    await eventually('billing-2 has all', async () => {
      const members = await shop.broker.members('billing', TOPIC);
      return members.get('billing-2')?.length === 6 && members.size === 1;
    });
    const order = await shop.ordered();
    expect((await expectShopToKeepItsWord(shop, [order])).counts).toMatchObject({ captured: 1 });
    expect(await handlersOf(order.orderId)).toEqual(['billing-2']);
  });

  it('become one when the other is stopped, which leaves the group at once', async () => {
    const stopped = await shop.control.stop('billing-2');

    // Looked at once: a member that does not leave is missed when its session ends, 6 s later.
    expect(await shop.broker.memberNames('billing')).toEqual(['billing-1']);
    expect(stopped.ended).toMatch(/code 0/);
    await eventually('billing-1 has all', async () => {
      const members = await shop.broker.members('billing', TOPIC);
      return members.get('billing-1')?.length === 6 && members.size === 1;
    });
    const order = await shop.ordered();
    expect((await expectShopToKeepItsWord(shop, [order])).counts).toMatchObject({ captured: 1 });
    expect(await handlersOf(order.orderId)).toEqual(['billing-1']);
  });

  it('become three, and share anew', async () => {
    await shop.control.start('billing-3');

    await eventually('three members with two partitions each', async () => {
      const members = await shop.broker.members('billing', TOPIC);
      return members.size === 3 && [...members.values()].every((partitions) => partitions.length === 2);
    });
    await orderUntilHandledBy('billing-1', 'billing-2', 'billing-3');
  });
});
