import { expect, it } from '@jest/globals';
import type { KafkaContext } from '@nestjs/microservices';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually } from '../stock-broker.js';
import { hearer } from '../stock-service.js';

claim(
  {
    says: 'Offsets are committed by hand as in the documentation of NestJS: `commitOffsets([{ topic, partition, offset }])`.',
    verdict: 'wrong',
    happens: 'The last message of each partition comes again at every restart.',
    why: 'To commit is to name the offset that comes next; the recipe names that of the message that has been handled.',
    right: '`offset: String(BigInt(offset) + 1n)`: an offset has 64 bits, and a number holds 53.',
  },
  () => {
    const stage = new Stage();

    const commit = (context: KafkaContext, offset: string): Promise<void> =>
      context.getConsumer().commitOffsets([{ topic: context.getTopic(), partition: context.getPartition(), offset }]);

    /** What each of two starts hears of three messages, when the group is told this of each. */
    const heardTwice = async (committed: (offset: string) => string) => {
      const topic = await stage.topic('committed');
      await stage.broker.send(topic, { value: 'a' }, { value: 'b' }, { value: 'c' });
      const heard: unknown[] = [];
      const handler = hearer(topic, async (payload, context) => {
        await commit(context, committed(context.getMessage().offset));
        heard.push(payload);
      });
      const first = await stage.start(topic, [handler], { run: { autoCommit: false } });
      await eventually('all three', () => heard.includes('c'));
      await first.close();
      const offset = await stage.broker.committed(topic, topic);
      await stage.start(topic, [handler], { run: { autoCommit: false } });
      await stage.broker.send(topic, { value: 'later' });
      await eventually('the later one', () => heard.includes('later'));
      return { offset, heard };
    };

    it('as documented has the last message handled again after a restart', async () => {
      expect(await heardTwice((offset) => offset)).toEqual({ offset: 2, heard: ['a', 'b', 'c', 'c', 'later'] });
    });

    it('has nothing handled again with offset + 1', async () => {
      const next = (offset: string) => String(BigInt(offset) + 1n);

      expect(await heardTwice(next)).toEqual({ offset: 3, heard: ['a', 'b', 'c', 'later'] });
    });
  },
);
