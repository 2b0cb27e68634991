import { expect, it } from '@jest/globals';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually } from '../stock-broker.js';
import { hearer } from '../stock-service.js';

claim(
  {
    number: 18,
    says: "`autoOffsetReset: 'earliest'` makes a group without an offset start at the beginning.",
    verdict: 'wrong',
    happens: 'Nothing complains, and a new group skips everything that was sent before it came.',
    why: 'kafkajs has no such option and ignores it; its default is the end of the topic.',
    right: '`subscribe: { fromBeginning: true }`, beside `consumer` in the options of the transport.',
  },
  () => {
    const stage = new Stage();
    // The compiler would refuse it; the article has no types.
    const PRINTED = { autoOffsetReset: 'earliest' } as object;

    /** What a new group hears of a topic with a backlog, until it hears what is sent later. */
    const heardBy = async (options: { consumer?: object; subscribe: { fromBeginning?: boolean } }) => {
      const topic = await stage.topic('backlog');
      await stage.broker.send(topic, { value: 'before 1' }, { value: 'before 2' });
      const heard: unknown[] = [];
      await stage.start(topic, [hearer(topic, (payload) => heard.push(payload))], options);
      // Which message finds the consumer ready is not known: send until one is heard.
      await eventually('it hears', async () => {
        await stage.broker.send(topic, { value: 'later' });
        return heard.includes('later');
      });
      return new Set(heard);
    };

    it('as printed is ignored: the backlog is skipped', async () => {
      expect(await heardBy({ consumer: PRINTED, subscribe: {} })).toEqual(new Set(['later']));
    });

    it('starts at the beginning with fromBeginning: true', async () => {
      const heard = await heardBy({ subscribe: { fromBeginning: true } });

      expect(heard).toEqual(new Set(['before 1', 'before 2', 'later']));
    });
  },
);
