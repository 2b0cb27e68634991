import { expect, it } from '@jest/globals';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually, unique } from '../stock-broker.js';
import { hearer } from '../stock-service.js';

claim(
  {
    says: 'Two services with different topics can be in one group.',
    verdict: 'harmful',
    happens: 'The topic of one is read by nobody, that of the other in half of its partitions. No error, no crash.',
    why: 'The leader of a group hands out the topics that it subscribes to itself, to all members alike; a member drops what it has not subscribed to.',
    right: "`consumer: { groupId: '…' }` for each service, and never NestJS' default, `nestjs-group`.",
  },
  () => {
    const stage = new Stage();

    const join = async (group: string, topic: string, heard: string[], members: number): Promise<void> => {
      const handler = hearer(topic, (payload) => heard.push(String(payload)));
      await stage.start(group, [handler], { consumer: { heartbeatInterval: 200 } });
      await eventually('it is in the group', async () => (await stage.broker.members(group)) === members);
    };

    /** Two services, the second when the first leads, and a message in each partition of both topics. */
    const serve = async (first: string, second: string) => {
      const [orders, payments] = [await stage.topic('orders', 2), await stage.topic('payments', 2)];
      const heard: string[] = [];
      await join(first, orders, heard, 1);
      await join(second, payments, heard, first === second ? 2 : 1);
      await stage.broker.send(payments, ...toEach('payment'));
      await stage.broker.send(orders, ...toEach('order'));
      return { orders, payments, heard };
    };

    const toEach = (name: string) => [0, 1].map((partition) => ({ partition, value: `${name} ${partition}` }));

    it('leaves one topic unread, and half of the other', async () => {
      const group = unique('nestjs-group');

      const { orders, payments, heard } = await serve(group, group);

      // Who reads one of the partitions has read what was sent before.
      await eventually('what is sent later', async () => {
        await stage.broker.send(orders, ...[0, 1].map((partition) => ({ partition, value: 'later' })));
        return heard.includes('later');
      });
      expect(heard.filter((value) => value !== 'later')).toEqual([expect.stringMatching(/^order/)]);
      for (const partition of [0, 1]) expect(await stage.broker.committed(group, payments, partition)).toBe(-1);
    });

    it('reads both topics in full where each service has a group', async () => {
      const { heard } = await serve(unique('orders'), unique('payments'));

      await eventually('all of them', () => heard.length === 4);
      expect(heard.sort()).toEqual(['order 0', 'order 1', 'payment 0', 'payment 1']);
    });
  },
);
