import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type OwnBroker, startOwnBroker } from '@fieldguide/infra';
import { Kafka, logLevel, type ProducerConfig } from 'kafkajs';
import { claim } from '../claim.js';
import { StockBroker } from '../stock-broker.js';

claim(
  {
    says: 'A producer with `idempotent: true` tries again until the broker has the message.',
    verdict: 'wrong',
    happens: 'It gives up after five retries, as any other producer does.',
    why: 'The default of `Number.MAX_SAFE_INTEGER` is for a producer that is made without `retry`; `kafka.producer()` always makes it with the retries of the client, and these are five.',
    right: 'A deadline of your own, and a producer made anew after a rejection.',
  },
  () => {
    let own: OwnBroker;

    beforeAll(async () => {
      own = await startOwnBroker();
      const broker = await StockBroker.connect(own.kafka);
      await broker.createTopic('news');
      await broker.close();
    });

    afterAll(() => own.remove());

    it('gives up after five retries when the broker does not answer, as one that is not idempotent, and after as many as it is told', async () => {
      const retry = { initialRetryTime: 5, maxRetryTime: 10 };
      const kafka = new Kafka({ brokers: [own.kafka], logLevel: logLevel.NOTHING, retry, requestTimeout: 300 });
      const producers = [{ idempotent: true }, {}, { idempotent: true, retry: { ...retry, retries: 9 } }].map(
        (config: ProducerConfig) => kafka.producer(config),
      );
      for (const producer of producers) {
        await producer.connect();
        await producer.send({ topic: 'news', messages: [{ value: 'one' }] });
      }

      await own.pause();
      const sends = producers.map((producer) => producer.send({ topic: 'news', messages: [{ value: 'two' }] }));

      expect(await Promise.allSettled(sends)).toMatchObject([
        { reason: { name: 'KafkaJSNumberOfRetriesExceeded', retryCount: 5 } },
        { reason: { name: 'KafkaJSNumberOfRetriesExceeded', retryCount: 5 } },
        { reason: { name: 'KafkaJSNumberOfRetriesExceeded', retryCount: 9 } },
      ]);
      await own.resume();
      await Promise.all(producers.map((producer) => producer.disconnect()));
    });
  },
);
