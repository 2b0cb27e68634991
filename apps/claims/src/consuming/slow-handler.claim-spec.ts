import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { KafkaContext } from '@nestjs/microservices';
import { setTimeout as work } from 'node:timers/promises';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer, startStock, type StockService } from '../stock-service.js';

const facts = {
  says: 'A handler may take as long as it needs',
  verdict: 'harmful',
  happens:
    'One that takes longer than the session timeout is given the same message again and again, and its commit is ' +
    'refused each time.',
  why: 'No heartbeat goes out while a handler runs, so the broker takes the consumer for dead.',
  right:
    '`await context.getHeartbeat()()` between the steps of the work, or a `sessionTimeout` beyond the longest of them.',
} as const;

/** Ours heartbeats whatever a handler does: `libs/kafka/src/handling/handling.broker-spec.ts`. */
claim(facts, () => {
  describe('a handler that takes longer than the session timeout', () => {
    let topic: string;
    let broker: StockBroker;
    let service: StockService;
    let begun: number;

    beforeAll(async () => {
      broker = await StockBroker.connect();
    });

    beforeEach(async () => {
      begun = 0;
      topic = unique('slow');
      await broker.createTopic(topic);
    });

    afterEach(() => service.close());

    afterAll(() => broker.close());

    const start = (sessionTimeout: number, handle: (context: KafkaContext) => Promise<void>): Promise<StockService> => {
      const controller = hearer(topic, (_, context) => {
        begun++;
        return handle(context);
      });
      const consumer = { sessionTimeout, rebalanceTimeout: sessionTimeout * 2, heartbeatInterval: 100 };
      return startStock(broker, topic, [controller], { consumer });
    };

    it('is given the same message again and again, and never gets its commit through', async () => {
      service = await start(1_000, async () => {
        await work(1_600);
      });
      await broker.send(topic, { value: 'slow' });

      await eventually('the third time', () => begun >= 3);
      expect(await broker.committed(topic, topic)).toBe(-1);
    });

    it('handles it once where it calls the heartbeat of its context itself', async () => {
      service = await start(3_000, async (context) => {
        for (let part = 0; part < 16; part++) {
          await work(250);
          await context.getHeartbeat()();
        }
      });
      await broker.send(topic, { value: 'slow' });

      await eventually('the commit', async () => (await broker.committed(topic, topic)) === 1);
      expect(begun).toBe(1);
    });
  });
});
