import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer, startStock } from '../stock-service.js';

const facts = {
  says: 'A service that starts from its committed offsets misses nothing',
  verdict: 'wrong',
  happens: 'Messages that were written to a new partition while the service was down are skipped.',
  why: 'A new partition has no committed offset, and where there is none a consumer begins at its end by default.',
  right: '`subscribe: { fromBeginning: true }`',
} as const;

/** Ours begins at the start where a group has no offset: `libs/kafka/src/handling/handling.broker-spec.ts`. */
claim(facts, () => {
  describe('a topic that gets a second partition while the service is down', () => {
    let broker: StockBroker;

    beforeAll(async () => {
      broker = await StockBroker.connect();
    });

    afterAll(() => broker.close());

    const SENT = 10;

    /** How many of these it never hears, counted when it has heard what came after them. */
    const losesOfWhatCameMeanwhile = async (subscribe: { fromBeginning?: boolean }): Promise<number> => {
      const topic = unique('grown');
      await broker.createTopic(topic);
      const heard: unknown[] = [];
      const controllers = [hearer(topic, (payload) => heard.push(payload))];
      const start = () => startStock(broker, topic, controllers, { subscribe });
      await broker.send(topic, { partition: 0, value: 'old' });
      const first = await start();
      // A group that is new does not begin at the message above, and says so by no event: send until one is heard.
      await eventually('the service works', async () => {
        await broker.send(topic, { partition: 0, value: 'ready?' });
        return heard.includes('ready?');
      });
      await first.close();

      await broker.growTopic(topic, 2);
      const meanwhile = Array.from({ length: SENT }, (_, index) => `while it was down: ${index}`);
      await broker.send(topic, ...meanwhile.map((value) => ({ partition: 1, value })));
      const second = await start();
      await eventually('the new partition is read', async () => {
        await broker.send(topic, { partition: 1, value: 'sentinel' });
        return heard.includes('sentinel');
      });
      await second.close();
      return meanwhile.filter((value) => !heard.includes(value)).length;
    };

    it('loses all of what was sent to it meanwhile, by default', async () => {
      expect(await losesOfWhatCameMeanwhile({})).toBe(SENT);
    });

    it('loses nothing with fromBeginning: true', async () => {
      expect(await losesOfWhatCameMeanwhile({ fromBeginning: true })).toBe(0);
    });
  });
});
