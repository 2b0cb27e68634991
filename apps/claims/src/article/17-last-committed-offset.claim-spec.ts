import { expect, it } from '@jest/globals';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually } from '../stock-broker.js';
import { hearer } from '../stock-service.js';

claim(
  {
    number: 17,
    says: 'Consumers start from their last known offset.',
    verdict: 'true',
    happens: 'A service that comes back hears what was sent meanwhile, and nothing that its group has committed.',
    why: 'The broker keeps the offset of each group and partition. It is the group that has it, not the consumer, so another replica goes on as well.',
    right:
      'Nothing to do. To hear messages again, stop the service and move its group: `admin.setOffsets({ groupId, topic, partitions })`.',
  },
  () => {
    const stage = new Stage();

    /** Runs a replica of its own until the group has committed so much. */
    const runUntil = async (topic: string, committed: number): Promise<unknown[]> => {
      const heard: unknown[] = [];
      const service = await stage.start(topic, [hearer(topic, (payload) => heard.push(payload))]);
      await eventually('the commit', async () => (await stage.broker.committed(topic, topic)) === committed);
      await service.close();
      return heard;
    };

    it('hears what was sent while it was down, and nothing twice', async () => {
      const topic = await stage.topic('back');
      await stage.broker.send(topic, { value: 'a' }, { value: 'b' });
      const first = await runUntil(topic, 2);
      await stage.broker.send(topic, { value: 'c' }, { value: 'd' });

      const second = await runUntil(topic, 4);

      expect({ first, second }).toEqual({ first: ['a', 'b'], second: ['c', 'd'] });
    });

    it('hears again what the group was moved back over', async () => {
      const topic = await stage.topic('moved');
      await stage.broker.send(topic, { value: 'a' }, { value: 'b' }, { value: 'c' });
      await runUntil(topic, 3);

      await stage.broker.admin.setOffsets({ groupId: topic, topic, partitions: [{ partition: 0, offset: '1' }] });

      expect(await runUntil(topic, 3)).toEqual(['b', 'c']);
    });
  },
);
