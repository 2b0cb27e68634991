import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OwnBroker, startOwnBroker } from '@fieldguide/infra';
import { ClientKafka } from '@nestjs/microservices';
import type { Producer } from 'kafkajs';
import { lastValueFrom } from 'rxjs';
import { claim } from '../claim.js';
import { StockBroker, unique } from '../stock-broker.js';

const facts = {
  says: 'With `idempotent: true` an acknowledged message is in the topic',
  verdict: 'harmful',
  happens: 'After a rejected send, the next message is acknowledged and is nowhere.',
  why:
    'kafkajs rolls its sequence numbers back. Where the broker had the rejected message all the same, it takes ' +
    'the next one for a copy and drops it.',
  right: 'After any rejection a producer made anew; connecting the same one again does not help.',
} as const;

/** Ours makes a fresh producer after any rejection: `libs/kafka/src/publishing/coalescer.spec.ts`. */
claim(facts, () => {
  describe('an idempotent producer that goes on after a rejected send', () => {
    let broker: StockBroker;
    let own: OwnBroker;
    let ownBroker: StockBroker;

    beforeAll(async () => {
      [broker, own] = await Promise.all([StockBroker.connect(), startOwnBroker()]);
      ownBroker = await StockBroker.connect(own.kafka);
    });

    afterAll(async () => {
      await ownBroker.close();
      await own.remove();
      await broker.close();
    });

    /** A request whose good message the broker has, and whose neighbour it refuses: the whole send is rejected. */
    const rejectedSend = async (): Promise<{ topic: string; producer: Producer }> => {
      const [topic, small] = [unique('rejected'), unique('small')];
      await broker.createTopic(topic);
      await broker.createTopic(small, 1, { 'max.message.bytes': '1000' });
      const producer = broker.kafka.producer({ idempotent: true });
      await producer.connect();
      const topicMessages = [
        { topic, messages: [{ value: 'one' }] },
        { topic: small, messages: [{ value: 'x'.repeat(2_000) }] },
      ];
      await expect(producer.sendBatch({ topicMessages })).rejects.toThrow('larger than the max message size');
      return { topic, producer };
    };

    it('loses the next acknowledged message, where a neighbour in the same request was too large', async () => {
      const { topic, producer } = await rejectedSend();

      const [acknowledged] = await producer.send({ topic, messages: [{ value: 'two' }] });
      await producer.disconnect();

      expect(acknowledged).toMatchObject({ topicName: topic, errorCode: 0 });
      expect(await broker.values(topic)).toEqual(['one']);
    });

    it('loses it after a disconnect and a connect as well; a producer made anew loses nothing', async () => {
      const [again, anew] = [await rejectedSend(), await rejectedSend()];
      await again.producer.disconnect();
      await again.producer.connect();
      await anew.producer.disconnect();
      const fresh = broker.kafka.producer({ idempotent: true });
      await fresh.connect();

      await again.producer.send({ topic: again.topic, messages: [{ value: 'two' }] });
      await fresh.send({ topic: anew.topic, messages: [{ value: 'two' }] });
      await Promise.all([again.producer.disconnect(), fresh.disconnect()]);

      expect(await broker.values(again.topic)).toEqual(['one']);
      expect(await broker.values(anew.topic)).toEqual(['one', 'two']);
    });

    it('loses it through ClientKafka, too, where the broker stood still for some seconds', async () => {
      const topic = unique('rejected');
      await ownBroker.createTopic(topic);
      const client = new ClientKafka({
        client: {
          brokers: [own.kafka],
          requestTimeout: 1_000,
          retry: { retries: 1, initialRetryTime: 100 },
          logLevel: 0,
        },
        producer: { idempotent: true },
        producerOnlyMode: true,
      });
      await client.connect();
      await lastValueFrom(client.emit(topic, 'zero'));

      await own.pause();
      await expect(lastValueFrom(client.emit(topic, 'one'))).rejects.toThrow('timed out');
      await own.resume();
      const [acknowledged] = await lastValueFrom(client.emit<{ errorCode: number }[]>(topic, 'two'));
      await client.close();

      expect(acknowledged).toMatchObject({ errorCode: 0 });
      expect(await ownBroker.values(topic)).toEqual(['zero', 'one']);
    });
  });
});
