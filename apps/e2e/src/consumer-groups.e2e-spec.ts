import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from './driver/eventually.js';
import { Shop } from './driver/shop.js';

describe('the consumer groups on the broker', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterAll(() => shop.close());

  it("are called as the services, without Nest's suffix", async () => {
    const groups = await shop.broker.groupIds();

    expect(groups).toEqual(expect.arrayContaining(['analytics', 'billing', 'notifications', 'orders']));
    expect(groups.filter((group) => /^(orders|billing|notifications|analytics)-(server|client)$/.test(group))).toEqual(
      [],
    );
  });

  it('have the replicas as members, each under its own client id', async () => {
    await eventually('billing-1 and billing-2 are the members', async () => {
      const members = await shop.broker.members('billing', 'orders.order-placed.v1');
      return [...members.keys()].sort().join() === 'billing-1,billing-2';
    });
  });

  it('are, for replies and for every-replica delivery, of one replica each, and commit nothing', async () => {
    // The group of a replica that another spec killed lives until its session ends.
    const alive = await eventually('one group for each replica that runs', async () => {
      const groups = await shop.broker.groupIds();
      const ofOneReplica = groups.filter((group) => /^(orders\.replies|billing\.replica)\.[0-9a-f]+$/.test(group));
      const { groups: described } = await shop.broker.admin.describeGroups(ofOneReplica);
      const stable = described.filter(({ state }) => state === 'Stable');
      const count = (prefix: string) => stable.filter(({ groupId }) => groupId.startsWith(prefix)).length;
      return count('orders.replies.') === 1 && count('billing.replica.') === 2 && stable;
    });

    for (const { groupId, members } of alive) {
      expect(members).toHaveLength(1);
      expect(await shop.broker.admin.fetchOffsets({ groupId })).toEqual([]);
    }
  });
});
