import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ClientKafka } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { claim } from '../claim.js';
import { StockBroker, unique } from '../stock-broker.js';

const facts = {
  says: 'A send that resolves has written its message',
  verdict: 'wrong',
  happens: 'To a partition that the topic does not have, it resolves and writes nothing.',
  why: 'kafkajs sends to the leaders of partitions, and one that has no leader is left out.',
  right: 'Send with a key and without a partition, or look whether the answer is an empty list.',
} as const;

/** Ours rejects it with UNKNOWN_PARTITION: `libs/kafka/src/publishing/record-sender.spec.ts`. */
claim(facts, () => {
  describe('a partition that does not exist', () => {
    const topic = unique('no-partition');
    let broker: StockBroker;
    let client: ClientKafka;

    beforeAll(async () => {
      broker = await StockBroker.connect();
      await broker.createTopic(topic, 2);
      client = new ClientKafka({ client: { brokers: broker.brokers, logLevel: 0 }, producerOnlyMode: true });
      await client.connect();
    });

    afterAll(async () => {
      await client.close();
      await broker.close();
    });

    it('takes a message without an error, and nobody has it', async () => {
      const result = await lastValueFrom(client.emit<unknown>(topic, { value: 'gone', partition: 99 }));
      await lastValueFrom(client.emit(topic, { value: 'here', partition: 1 }));

      expect(result).toEqual([]);
      expect(await broker.values(topic)).toEqual(['here']);
    });
  });
});
