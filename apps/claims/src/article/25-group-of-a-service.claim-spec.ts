import { expect, it } from '@jest/globals';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually, unique } from '../stock-broker.js';
import { hearer } from '../stock-service.js';

claim(
  {
    number: 25,
    says: 'Each service has a group of its own, named after it: one of its replicas processes a message.',
    verdict: 'true but incomplete',
    happens:
      'Each of two services has every message, and each message is with one replica of each. It holds as long as all members of a group subscribe to the same topics.',
    why: 'A group shares a topic, groups do not. Who has which partition is decided by one member, from its own subscriptions.',
    right:
      "`consumer: { groupId: 'billing' }` in all replicas of billing, and in nothing else; a deploy that brings a topic stops the old replicas first.",
  },
  () => {
    const stage = new Stage();

    it('gives each service every message, and each message to one replica of it', async () => {
      const topic = await stage.topic('orders', 4);
      const [billing, mails] = [unique('billing'), unique('notifications')];
      const heard = new Map<string, unknown[]>();
      const start = async (group: string, replica: number): Promise<void> => {
        const mine: unknown[] = [];
        heard.set(`${group} ${replica}`, mine);
        const consumer = { heartbeatInterval: 200 };
        await stage.start(group, [hearer(topic, (payload) => mine.push(payload))], { consumer });
      };
      await Promise.all([billing, mails].flatMap((group) => [start(group, 1), start(group, 2)]));
      for (const group of [billing, mails])
        await eventually(`two in ${group}`, async () => (await stage.broker.members(group)) === 2);
      const orders = Array.from({ length: 12 }, (_, order) => `order-${order}`);

      await stage.broker.send(topic, ...orders.map((value, index) => ({ partition: index % 4, value })));

      const of = (group: string, replica: number) => heard.get(`${group} ${replica}`) ?? [];
      for (const group of [billing, mails]) {
        const both = () => [...of(group, 1), ...of(group, 2)];
        await eventually(`all in ${group}`, () => both().length >= orders.length);
        expect(both().sort()).toEqual([...orders].sort());
        expect([of(group, 1).length, of(group, 2).length]).toEqual([6, 6]);
      }
    });
  },
);
