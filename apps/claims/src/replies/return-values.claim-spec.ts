import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { ClientKafka, MessagePattern } from '@nestjs/microservices';
import { EMPTY, lastValueFrom, of, take, tap, timer, toArray } from 'rxjs';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer, startStock, type StockService } from '../stock-service.js';

let topic: string;
let broker: StockBroker;
let service: StockService;

beforeAll(async () => {
  broker = await StockBroker.connect();
});

beforeEach(async () => {
  topic = unique('returned');
  await broker.createTopic(topic);
  await broker.createTopic(`${topic}.reply`);
});

afterEach(() => service.close());

afterAll(() => broker.close());

const committed = (count: number) =>
  eventually(`${count} are committed`, async () => (await broker.committed(topic, topic)) === count);

claim(
  {
    says: 'What the handler of an event returns is ignored.',
    verdict: 'true but incomplete',
    happens: 'A value goes nowhere, but an Observable is awaited, and one that ends without a value is tried again.',
    why: 'NestJS asks for the last value of a returned Observable; without one rxjs throws an EmptyError.',
    right: 'Return nothing, or a promise. An Observable needs `defaultIfEmpty(undefined)`.',
  },
  () => {
    it('a value is no reply, though the record names a topic and an id for one', async () => {
      const headers = { kafka_correlationId: 'c-1', kafka_replyTopic: `${topic}.reply` };
      service = await startStock(broker, topic, [hearer(topic, () => ({ data: 'response' }))]);

      await broker.send(topic, { value: 'an event', headers });

      await committed(1);
      expect(await broker.values(`${topic}.reply`)).toEqual([]);
    });

    it('an Observable is awaited: the next event begins when it has completed', async () => {
      const steps: string[] = [];
      const handle = (payload: unknown) => {
        steps.push(`${String(payload)} begins`);
        return timer(200).pipe(tap(() => steps.push(`${String(payload)} ends`)));
      };
      service = await startStock(broker, topic, [hearer(topic, handle)]);

      await broker.send(topic, { value: 'first' }, { value: 'second' });

      await committed(2);
      expect(steps).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
    });

    it('an Observable that completes without a value is tried again', async () => {
      let tries = 0;
      const handle = () => (++tries < 3 ? EMPTY : of('at last'));
      const retry = { retries: 5, initialRetryTime: 20, maxRetryTime: 50 };
      service = await startStock(broker, topic, [hearer(topic, handle)], { consumer: { retry } });

      await broker.send(topic, { value: 'an event' });

      await committed(1);
      expect(tries).toBe(3);
    });
  },
);

claim(
  {
    says: 'What the handler of a request returns is its reply.',
    verdict: 'true',
    happens: 'The asker gets it, of an Observable each value; who only emits to that topic gets nothing.',
    why: 'A reply is sent where the record names a reply topic and a correlation id, as `client.send()` does.',
    right: '`client.send(topic, data)` for an answer, `client.emit(topic, data)` for none',
  },
  () => {
    let client: ClientKafka;

    beforeEach(async () => {
      @Controller()
      class Answerer {
        @MessagePattern(topic)
        answer(data: unknown): unknown {
          return data === 'count' ? timer(0, 20).pipe(take(3)) : { data: 'response' };
        }
      }
      service = await startStock(broker, topic, [Answerer]);
      client = new ClientKafka({
        client: { brokers: broker.brokers, logLevel: 0 },
        consumer: { groupId: unique('asker'), maxWaitTimeInMs: 100 },
      });
      client.subscribeToResponseOf(topic);
      await client.connect();
    });

    afterEach(() => client.close());

    it('reaches who sends', async () => {
      expect(await lastValueFrom(client.send(topic, 'a question'))).toEqual({ data: 'response' });
    });

    it('is one reply for each value of an Observable', async () => {
      expect(await lastValueFrom(client.send(topic, 'count').pipe(toArray()))).toEqual(['0', '1', '2']);
    });

    it('is written nowhere for who emits', async () => {
      await lastValueFrom(client.emit(topic, 'a question'));

      await committed(1);
      expect(await broker.values(`${topic}.reply`)).toEqual([]);
    });
  },
);
