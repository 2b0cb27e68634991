import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer, startStock, type StockService } from '../stock-service.js';

const facts = {
  says: '`partitionsConsumedConcurrently` keeps a slow partition from holding up the others',
  verdict: 'wrong',
  happens: 'The fast partition gets one batch through, and nothing more until the slow one is done.',
  why: 'Partitions go side by side within one fetch only, and the next fetch waits for the slowest of them.',
  right: 'Handlers that are quick; work that takes long is written down, and done elsewhere.',
} as const;

/** Ours has a lane for each partition: `libs/kafka/src/handling/handling.broker-spec.ts`. */
claim(facts, () => {
  describe('partitionsConsumedConcurrently: 2, with one slow partition', () => {
    const topic = unique('isolation');
    const services: StockService[] = [];
    const heard = { slow: [] as unknown[], elsewhere: [] as unknown[] };
    let release: () => void = () => undefined;
    let broker: StockBroker;

    beforeAll(async () => {
      broker = await StockBroker.connect();
      await broker.createTopic(topic, 2);
    });

    afterAll(async () => {
      release();
      await Promise.all(services.map((service) => service.close()));
      await broker.close();
    });

    const start = async (group: string, handle: (payload: unknown) => unknown): Promise<void> => {
      const run = { partitionsConsumedConcurrently: 2 };
      services.push(await startStock(broker, unique(group), [hearer(topic, handle)], { run }));
    };

    it('handles the first message of the fast partition, and no other until the slow one is done', async () => {
      const slow = new Promise<void>((resolve) => (release = resolve));
      await broker.send(topic, { partition: 0, value: 'slow' }, { partition: 1, value: 'fast 0' });
      await start('slow', async (payload) => {
        if (payload === 'slow') await slow;
        heard.slow.push(payload);
      });
      await start('elsewhere', (payload) => heard.elsewhere.push(payload));
      await eventually('the fast one', () => heard.slow.length === 1);

      // Each is handled in another group before the next is sent: time enough for who fetches.
      for (let count = 1; count <= 20; count++) {
        await broker.send(topic, { partition: 1, value: `fast ${count}` });
        await eventually(`fast ${count} elsewhere`, () => heard.elsewhere.includes(`fast ${count}`));
      }
      expect(heard.slow).toEqual(['fast 0']);

      release();
      await eventually('all of them', () => heard.slow.length === 22);
      expect(heard.slow[1]).toBe('slow');
    });
  });
});
