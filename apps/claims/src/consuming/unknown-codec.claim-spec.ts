import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import snappy from 'snappyjs';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer, startStock, type StockService } from '../stock-service.js';

const { CompressionCodecs, CompressionTypes } = kafkajs;

const facts = {
  says: 'Compression is a matter of the producer',
  verdict: 'wrong',
  happens: 'One batch in snappy, lz4 or zstd ends the consumer for good, at each start.',
  why: 'kafkajs brings gzip only, and an unknown codec is an error that it does not restart after.',
  right: 'Register the others in `CompressionCodecs` of kafkajs before the first consumer runs.',
} as const;

/** Ours has all four registered: `libs/kafka/src/client/codecs.ts`. */
claim(facts, () => {
  describe('a batch that a producer has compressed with snappy', () => {
    const topic = unique('snappy');
    const heard: unknown[] = [];
    let broker: StockBroker;
    let service: StockService;

    beforeAll(async () => {
      broker = await StockBroker.connect();
      await broker.createTopic(topic);
      await broker.send(topic, { value: 'before' });
      await sendSnappy('compressed');
      await broker.send(topic, { value: 'after' });
    });

    afterEach(() => service.close());

    afterAll(() => broker.close());

    /** As kcat does it. The codec is there for this one send: kafkajs has one list for all clients of a process. */
    const sendSnappy = async (value: string): Promise<void> => {
      const original = CompressionCodecs[CompressionTypes.Snappy];
      CompressionCodecs[CompressionTypes.Snappy] = () => ({
        compress: ({ buffer }: { buffer: Buffer }) => Promise.resolve(Buffer.from(snappy.compress(buffer))),
      });
      const producer = broker.kafka.producer();
      await producer.connect();
      await producer.send({ topic, messages: [{ value }], compression: CompressionTypes.Snappy });
      await producer.disconnect();
      CompressionCodecs[CompressionTypes.Snappy] = original;
    };

    it.each(['the first', 'the next'])('ends the consumer of %s start, and no message is handled', async () => {
      // kafkajs does not always say goodbye when it crashes: then its session must end, and by default that takes 30 s.
      const consumer = { sessionTimeout: 6_000, heartbeatInterval: 500 };
      service = await startStock(broker, topic, [hearer(topic, (payload) => heard.push(payload))], { consumer });

      await eventually('the consumer crashes', () => service.crashes.length > 0);
      expect(service.crashes).toMatchObject([{ restart: false, error: { name: 'KafkaJSNotImplemented' } }]);
      await eventually('it has left the group', async () => (await broker.members(topic)) === 0);
      expect(heard).toEqual([]);
      expect(await broker.committed(topic, topic)).toBe(-1);
    });
  });
});
