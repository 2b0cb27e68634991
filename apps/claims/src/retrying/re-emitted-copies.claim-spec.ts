import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ClientKafka } from '@nestjs/microservices';
import kafkajs from 'kafkajs';
import { lastValueFrom } from 'rxjs';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { startStock, type StockService } from '../stock-service.js';
import { connectClient, reEmitting } from './re-emitting.js';

const facts = {
  says: 'A re-emitted message is the message that failed',
  verdict: 'harmful',
  happens:
    'The copy has no key and no headers, goes to any partition behind newer messages, and is lost without a word ' +
    'where the broker refuses it.',
  why: '`emit(topic, data)` knows the payload alone, and nobody waits for it: the original is committed meanwhile.',
  right:
    '`producer.send` with key, value and headers as they came, awaited before the handler returns: [re-emit to ' +
    'retry](patterns/re-emit-retry.md).',
} as const;

/**
 * Ours keeps key, value and headers, and moves the offset when the broker has the retry: `libs/kafka/src/retry-
 * topics/retry-topics.broker-spec.ts`.
 */
claim(facts, () => {
  describe('the copy that is re-emitted to its own topic', () => {
    let topic: string;
    let broker: StockBroker;
    let client: ClientKafka;
    let service: StockService;
    let tried: unknown[];
    let unhandled: unknown[];
    const keep = (error: unknown): void => void unhandled.push(error);

    beforeAll(async () => {
      broker = await StockBroker.connect();
      client = await connectClient(broker);
    });

    beforeEach(() => {
      topic = unique('copies');
      tried = [];
      unhandled = [];
      process.on('unhandledRejection', keep);
    });

    afterEach(async () => {
      process.off('unhandledRejection', keep);
      await service.close();
    });

    afterAll(async () => {
      await client.close();
      await broker.close();
    });

    const start = async (failures: number): Promise<void> => {
      const failAtFirst = (data: unknown): void => {
        // A clone: emit alters what it is given.
        if (tried.push(structuredClone(data)) <= failures) throw new Error('the payment provider fails');
      };
      service = await startStock(broker, topic, [reEmitting(topic, client, failAtFirst)]);
    };

    it('has no key and no headers, and goes to any partition', async () => {
      await broker.createTopic(topic, 3);
      await start(6);

      await broker.send(topic, { key: 'order-7', value: '{}', headers: { 'correlation-id': 'c-1' } });

      await eventually('the last copy is handled', () => tried.length === 7);
      const records = await broker.records(topic);
      const original = records.filter(({ key }) => key === 'order-7');
      const copies = records.filter(({ key }) => key === null);
      expect(original).toMatchObject([{ headers: ['correlation-id'] }]);
      expect(copies.map(({ headers }) => headers)).toEqual([[], [], [], [], [], []]);
      expect(new Set(copies.map(({ partition }) => partition)).size).toBe(3);
    });

    it('is behind the next message of its key, which was fine', async () => {
      await broker.createTopic(topic);
      await broker.send(topic, { key: 'account-7', value: 'open' }, { key: 'account-7', value: 'pay in' });

      await start(1);

      await eventually('all are handled', () => tried.length === 3);
      expect(tried).toEqual(['open', 'pay in', 'open']);
    });

    it('has lost its other fields where it has one that is called value', async () => {
      await broker.createTopic(topic);
      await start(1);

      await broker.send(topic, { value: '{"sensor":"cellar","value":21}' });

      await eventually('the copy is handled', () => tried.length === 2);
      expect(tried).toEqual([{ sensor: 'cellar', value: 21 }, '21']);
    });

    it('is lost without a word where the broker refuses it: its original is committed, and nobody waits', async () => {
      await broker.createTopic(topic, 1, { 'max.message.bytes': '1000' });
      await start(1);

      // Its producer compresses, ClientKafka does not: the copy is larger than the topic allows.
      await sendCompressed('x'.repeat(2_000));
      await eventually('it is tried', () => tried.length === 1);
      // The same connection: what was to be written before it has been decided.
      await lastValueFrom(client.emit(topic, 'next'));

      await eventually('the next one is handled', () => tried.length === 2);
      await eventually('both are committed', async () => (await broker.committed(topic, topic)) === 2);
      expect(tried).toEqual(['x'.repeat(2_000), 'next']);
      expect(await broker.values(topic)).toHaveLength(2);
      expect([service.crashes, unhandled]).toEqual([[], []]);
    });

    const sendCompressed = async (value: string): Promise<void> => {
      const producer = broker.kafka.producer();
      await producer.connect();
      await producer.send({ topic, messages: [{ value }], compression: kafkajs.CompressionTypes.GZIP });
      await producer.disconnect();
    };
  });
});
