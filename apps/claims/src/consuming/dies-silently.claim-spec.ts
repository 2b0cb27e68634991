import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { type Observable, throwError } from 'rxjs';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer, startStock, type StockService } from '../stock-service.js';

/** As one finds it in many an app: the original error instead of NestJS' mask. */
@Catch()
class RethrowFilter implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

const facts = {
  says: 'After an error in a handler the consumer goes on, or the process ends',
  verdict: 'wrong',
  happens:
    'A `TypeError` that reaches kafkajs ends the consumer for good: no restart, no member in the group, and the ' +
    'app runs on and says nothing.',
  why:
    'kafkajs takes `TypeError`, `RangeError`, `ReferenceError` and `SyntaxError` for mistakes that no restart ' +
    'cures. NestJS hides them from it, until an exception filter rethrows what it gets.',
  right:
    'Let no filter hand an original error on, and listen to `consumer.crash`: `const [, consumer] = ' +
    'app.unwrap()`, `consumer.on(consumer.events.CRASH, …)`.',
} as const;

/**
 * Ours makes a dead letter of that message and goes on: `libs/kafka/src/dead-letters/dead-letters.broker-spec.ts`.
 * Where a consumer dies all the same, health says so.
 */
claim(facts, () => {
  describe('a TypeError in a handler, with an exception filter that rethrows', () => {
    let topic: string;
    let broker: StockBroker;
    let service: StockService;
    let heard: unknown[];

    beforeAll(async () => {
      broker = await StockBroker.connect();
    });

    beforeEach(async () => {
      topic = unique('typeerror');
      heard = [];
      await broker.createTopic(topic);
    });

    afterEach(() => service.close());

    afterAll(() => broker.close());

    const start = (filters: RpcExceptionFilter[]): Promise<StockService> => {
      const handle = (payload: unknown): void => {
        heard.push(payload);
        if (payload === 'poison' && heard.length === 1) throw new TypeError('name is undefined');
      };
      // kafkajs does not always say goodbye when it crashes: then its session must end, and by default that takes 30 s.
      const consumer = { retry: FAST, sessionTimeout: 6_000, heartbeatInterval: 500 };
      return startStock(broker, topic, [hearer(topic, handle)], { consumer }, (app) =>
        app.useGlobalFilters(...filters),
      );
    };

    it('ends the consumer: no restart, no member in the group, what follows stays unread, though the app runs', async () => {
      service = await start([new RethrowFilter()]);
      await broker.send(topic, { value: 'poison' }, { value: 'later' });

      await eventually('the consumer crashes', () => service.crashes.length > 0);
      expect(service.crashes).toMatchObject([{ restart: false, error: { message: 'name is undefined' } }]);
      await eventually('it has left the group', async () => (await broker.members(topic)) === 0);
      expect(heard).toEqual(['poison']);
      expect(await broker.committed(topic, topic)).toBe(-1);
      expect(() => service.app.unwrap()).not.toThrow(); // nobody has closed it
    });

    it('is tried again behind the mask that NestJS puts on it without such a filter', async () => {
      service = await start([]);
      await broker.send(topic, { value: 'poison' }, { value: 'later' });

      await eventually('what follows', () => heard.includes('later'));
      expect(heard).toEqual(['poison', 'poison', 'later']);
    });
  });
});

/** kafkajs' number of tries, without its long pauses. */
const FAST = { retries: 5, initialRetryTime: 20, maxRetryTime: 50 };
