import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ClientKafka } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { claim } from '../claim.js';
import { StockBroker, unique } from '../stock-broker.js';

const facts = {
  says: 'Messages of one key are written in the order of the calls',
  verdict: 'wrong',
  happens: 'Those that are not awaited one by one are written in another order, with one request in flight, too.',
  why:
    'A send takes several asynchronous steps before its request is queued, and nothing keeps the calls in step ' +
    'there.',
  right: '`await lastValueFrom(this.kafka.emit(…))` before the next, or one `emitBatch`.',
} as const;

/** Ours keeps the order of the calls per key: `libs/kafka/src/publishing/publishing.broker-spec.ts`. */
claim(facts, () => {
  describe('emits that are not awaited one by one', () => {
    const topic = unique('unawaited');
    let broker: StockBroker;
    let client: ClientKafka;

    beforeAll(async () => {
      broker = await StockBroker.connect();
      client = new ClientKafka({
        client: { brokers: broker.brokers, logLevel: 0 },
        producer: { maxInFlightRequests: 1 },
        producerOnlyMode: true,
      });
      await client.connect();
    });

    afterAll(async () => {
      await client.close();
      await broker.close();
    });

    it('are written in another order than that of the calls, with one key and one request in flight', async () => {
      await broker.createTopic(topic);
      const names = Array.from({ length: 300 }, (_, index) => `${index}`);

      await Promise.all(names.map((value) => lastValueFrom(client.emit(topic, { key: 'k', value }))));

      const written = await broker.values(topic);
      expect([...written].sort()).toEqual([...names].sort());
      expect(written).not.toEqual(names);
    });
  });
});
