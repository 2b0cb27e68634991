import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BadRequestException, Controller } from '@nestjs/common';
import { ClientKafka, KafkaRetriableException, MessagePattern } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer, startStock, type StockService } from '../stock-service.js';

/** kafkajs' number of tries, without its long pauses. */
const retry = { retries: 5, initialRetryTime: 20, maxRetryTime: 50 };

const facts = {
  number: 10,
  says: 'A `KafkaRetriableException` makes retries controlled',
  verdict: 'imprecise',
  happens:
    'An event is tried equally often whatever is thrown, and then the consumer crashes. A request is answered with an ' +
    'error and committed at once; only with this exception it is tried again, and answered when it has succeeded.',
  why: 'NestJS rethrows every error of an event to kafkajs, which does not ask what it is.',
  right:
    'For requests as it is. For events the handler, or the transport, must tell what is worth a retry: bounded tries, ' +
    'then a dead letter.',
} as const;

claim(facts, () => {
  let topic: string;
  let broker: StockBroker;
  let service: StockService;

  beforeAll(async () => {
    broker = await StockBroker.connect();
  });

  beforeEach(async () => {
    topic = unique('recoverable');
    await broker.createTopic(topic);
  });

  afterEach(() => service.close());

  afterAll(() => broker.close());

  describe('an event whose handler throws', () => {
    it.each([
      ['what passes', new Error('the database is busy')],
      ['what NestJS calls retriable', new KafkaRetriableException('the database is busy')],
      ['what no attempt can cure', new BadRequestException('there is no such article')],
      ['a mistake in the code', new TypeError('name is undefined')],
    ])('%s is tried six times, and then the consumer crashes', async (_, error) => {
      const tried: unknown[] = [];
      let atCrash: number | undefined;
      let cured = false;
      const handle = (event: unknown): void => {
        tried.push(event);
        if (!cured) throw error;
      };
      service = await startStock(broker, topic, [hearer(topic, handle)], { consumer: { retry } });
      service.consumer.on(service.consumer.events.CRASH, () => (atCrash ??= tried.length));

      await broker.send(topic, { value: 'an order' });

      await eventually('the consumer crashes', () => atCrash !== undefined);
      expect(atCrash).toBe(6);
      expect(service.crashes[0]).toMatchObject({ error: { name: 'KafkaJSNumberOfRetriesExceeded' }, restart: true });
      expect(await broker.committed(topic, topic)).toBe(-1);

      cured = true;
      await eventually('it goes on', async () => (await broker.committed(topic, topic)) === 1);
    });
  });

  describe('a request whose handler throws', () => {
    let client: ClientKafka;

    beforeEach(async () => {
      await broker.createTopic(`${topic}.reply`);
      client = new ClientKafka({
        client: { brokers: broker.brokers, logLevel: 0 },
        consumer: { groupId: unique('asker'), maxWaitTimeInMs: 100 },
      });
      client.subscribeToResponseOf(topic);
      await client.connect();
    });

    afterEach(() => client.close());

    /** Throws at the first two tries. */
    const startThrowing = async (error: Error): Promise<() => number> => {
      let tries = 0;
      @Controller()
      class Answerer {
        @MessagePattern(topic)
        answer(): string {
          if (++tries <= 2) throw error;
          return `at try ${tries}`;
        }
      }
      service = await startStock(broker, topic, [Answerer], { consumer: { retry } });
      return () => tries;
    };

    it('an error is answered at once and committed', async () => {
      const tries = await startThrowing(new Error('the database is busy'));

      await expect(lastValueFrom(client.send(topic, 'a question'))).rejects.toMatchObject({
        message: 'Internal server error',
      });

      await eventually('it is committed', async () => (await broker.committed(topic, topic)) === 1);
      expect(tries()).toBe(1);
    });

    it('a KafkaRetriableException is tried again, and answered when it has succeeded', async () => {
      const tries = await startThrowing(new KafkaRetriableException('the database is busy'));

      expect(await lastValueFrom(client.send(topic, 'a question'))).toBe('at try 3');

      expect(tries()).toBe(3);
    });
  });
});
