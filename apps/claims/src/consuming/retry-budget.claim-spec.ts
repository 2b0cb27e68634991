import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer, startStock, type StockService } from '../stock-service.js';

const facts = {
  says: 'Each message has its own number of retries',
  verdict: 'wrong',
  happens:
    'Six different messages that each fail once crash the consumer, though each would be fine at its second try.',
  why: 'kafkajs counts the failures of its runner, from one rebalance to the next.',
  right: 'Count for each message, outside of kafkajs; do not throw at it.',
} as const;

/** Ours counts for each message: `libs/kafka/src/errors-and-retries/errors-and-retries.broker-spec.ts`. */
claim(facts, () => {
  describe('six different messages that each fail once', () => {
    const topic = unique('budget');
    const tries = new Map<unknown, number>();
    /** Before the restart, which tries the last one again. */
    let atCrash: [unknown, number][] = [];
    let broker: StockBroker;
    let service: StockService;

    beforeAll(async () => {
      broker = await StockBroker.connect();
      await broker.createTopic(topic);
      const handle = (payload: unknown): void => {
        const count = (tries.get(payload) ?? 0) + 1;
        tries.set(payload, count);
        if (count === 1) throw new Error('the database is busy');
      };
      // kafkajs' number of retries, without its long pauses.
      const retry = { retries: 5, initialRetryTime: 20, maxRetryTime: 50 };
      service = await startStock(broker, topic, [hearer(topic, handle)], { consumer: { retry } });
      service.consumer.on(service.consumer.events.CRASH, () => (atCrash = [...tries]));
    });

    afterAll(async () => {
      await service.close();
      await broker.close();
    });

    it('crash the consumer at the sixth, though none has failed twice', async () => {
      await broker.send(topic, ...['1', '2', '3', '4', '5', '6', '7'].map((value) => ({ value })));

      await eventually('the consumer crashes', () => atCrash.length > 0);
      expect(service.crashes[0]).toMatchObject({ error: { name: 'KafkaJSNumberOfRetriesExceeded' } });
      expect(atCrash).toEqual([
        ['1', 2],
        ['2', 2],
        ['3', 2],
        ['4', 2],
        ['5', 2],
        ['6', 1],
      ]);
    });
  });
});
