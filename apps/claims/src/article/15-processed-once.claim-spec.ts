import { expect, it } from '@jest/globals';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually } from '../stock-broker.js';
import { StockProcess } from '../stock-process.js';
import { hearer } from '../stock-service.js';

claim(
  {
    number: 15,
    says: 'A message is processed once per group.',
    verdict: 'wrong',
    happens:
      'A replica that is killed, or is too slow for its session, has handled messages that its group has not committed: the next member handles them again.',
    why: 'What the broker knows of a group is the committed offset, and the commit comes after the handling. That is at least once.',
    right:
      'Make the second time harmless: keep the id of each handled message with its effect, `INSERT … ON CONFLICT DO NOTHING`.',
  },
  () => {
    const stage = new Stage();

    it('is not so where a replica is killed: what it has handled since its last commit is handled again', async () => {
      const topic = await stage.topic('killed');
      await stage.broker.send(topic, { value: 'one' }, { value: 'two' }, { value: 'hangs' });
      const killed = new StockProcess(stage, topic);
      await eventually('it is at the third', () => killed.said.includes('begun hangs'));
      await killed.end('SIGKILL');

      const heard: unknown[] = [];
      await stage.start(topic, [hearer(topic, (payload) => heard.push(payload))]);

      await eventually('the other one is at the third', () => heard.includes('hangs'));
      expect(killed.said).toEqual(expect.arrayContaining(['done one', 'done two']));
      expect(heard).toEqual(['one', 'two', 'hangs']);
    });

    it('is not so where a member is slow: both members handle it, and one effect remains where its id is kept', async () => {
      const topic = await stage.topic('evicted');
      const handled: string[] = [];
      const charges = new Map<unknown, string>();
      let release: () => void = () => undefined;
      const isReleased = new Promise<void>((resolve) => (release = resolve));
      stage.afterwards(() => Promise.resolve(release()));
      const charge = (payload: unknown, member: string): void => {
        handled.push(member);
        if (!charges.has(payload)) charges.set(payload, member);
      };
      let isBegun = false;
      const slow = hearer(topic, async (payload) => {
        isBegun = true;
        await isReleased;
        charge(payload, 'slow');
      });
      const session = { sessionTimeout: 1_000, rebalanceTimeout: 1_000, heartbeatInterval: 200 };
      await stage.start(topic, [slow], { consumer: session });
      await stage.broker.send(topic, { key: 'order-1', value: 'order-1' });
      await eventually('the slow member has begun', () => isBegun);

      await stage.start(topic, [hearer(topic, (payload) => charge(payload, 'quick'))]);
      await eventually('the quick one has its commit', async () => (await stage.broker.committed(topic, topic)) === 1);
      release();

      await eventually('the slow one is done', () => handled.includes('slow'));
      expect(handled).toEqual(['quick', 'slow']);
      expect([...charges]).toEqual([['order-1', 'quick']]);
    });
  },
);
