import { expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually, unique } from '../stock-broker.js';
import { hearer } from '../stock-service.js';

claim(
  {
    number: 24,
    says: 'Adding consumers scales, limited by the partitions of the topic.',
    verdict: 'true but incomplete',
    happens:
      'A third replica has nothing to do with two partitions. A replica handles one message at a time, whatever it has of partitions. And more partitions later send a key elsewhere than before.',
    why: 'A partition has one member of a group. kafkajs handles partition after partition. The partition of a key is its hash modulo the number of partitions.',
    right:
      'Begin with more partitions than you will have replicas; `run: { partitionsConsumedConcurrently: 2 }` has one replica handle two of them side by side.',
  },
  () => {
    const stage = new Stage();

    /** How many partitions each member has, as the broker knows it, fewest first. */
    const shares = async (groupId: string, topic: string): Promise<number[]> => {
      const { groups } = await stage.broker.admin.describeGroups([groupId]);
      const members = groups[0]?.members ?? [];
      const assigned = members.map(({ memberAssignment }) =>
        kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment),
      );
      return assigned.map((one) => one?.assignment[topic]?.length ?? 0).sort();
    };

    it('leaves a third replica idle where there are two partitions', async () => {
      const topic = await stage.topic('shared', 2);
      const heard = [0, 0, 0];
      const consumer = { heartbeatInterval: 200 };
      const start = (replica: number) =>
        stage.start(topic, [hearer(topic, () => (heard[replica] = (heard[replica] ?? 0) + 1))], { consumer });
      await Promise.all([0, 1, 2].map(start));
      await eventually('three are in the group', async () => (await stage.broker.members(topic)) === 3);

      for (let count = 0; count < 10; count++)
        await stage.broker.send(topic, { partition: 0, value: 'a' }, { partition: 1, value: 'b' });

      await eventually('all are handled', () => heard.reduce((sum, one) => sum + one) === 20);
      expect(await shares(topic, topic)).toEqual([0, 1, 1]);
      expect([...heard].sort((a, b) => a - b)).toEqual([0, 10, 10]);
    });

    /** What a replica has begun while its first message was not done. */
    const begunMeanwhile = async (run: { partitionsConsumedConcurrently?: number }) => {
      const topic = await stage.topic('one-by-one', 2);
      const [begun, elsewhere]: unknown[][] = [[], []];
      let release: () => void = () => undefined;
      const isReleased = new Promise<void>((resolve) => (release = resolve));
      stage.afterwards(() => Promise.resolve(release()));
      await stage.broker.send(topic, { partition: 0, value: 'a' }, { partition: 1, value: 'b' });
      const slow = hearer(topic, (payload) => (begun?.push(payload), isReleased));
      await stage.start(topic, [slow], { run });
      await eventually('it has begun', () => begun?.length === (run.partitionsConsumedConcurrently ?? 1));
      // Another group handles both: time enough for the first.
      await stage.start(unique('elsewhere'), [hearer(topic, (payload) => elsewhere?.push(payload))]);
      await eventually('both elsewhere', () => elsewhere?.length === 2);
      const meanwhile = begun?.length;
      release();
      await eventually('both', () => begun?.length === 2);
      return meanwhile;
    };

    it('handles one message at a time in each replica, of two partitions', async () => {
      expect(await begunMeanwhile({})).toBe(1);
    });

    it('handles both side by side with partitionsConsumedConcurrently: 2', async () => {
      expect(await begunMeanwhile({ partitionsConsumedConcurrently: 2 })).toBe(2);
    });

    it('sends a key to another partition than before when the topic has grown', async () => {
      const topic = await stage.topic('grown', 2);
      const orders = Array.from({ length: 12 }, (_, order) => ({ key: `order-${order}`, value: 'placed' }));
      await stage.broker.send(topic, ...orders);
      await stage.broker.growTopic(topic, 3);
      await stage.broker.send(topic, ...orders);

      const homes = new Map<string, Set<number>>();
      for (const { key, partition } of await stage.broker.records(topic))
        homes.set(String(key), (homes.get(String(key)) ?? new Set()).add(partition));

      const moved = [...homes.values()].filter((partitions) => partitions.size > 1).length;
      expect(homes.size).toBe(12);
      expect(moved).toBeGreaterThan(0);
    });
  },
);
