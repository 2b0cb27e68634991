import { expect, it } from '@jest/globals';
import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { type Observable, throwError } from 'rxjs';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually } from '../stock-broker.js';
import { hearer, type StockService } from '../stock-service.js';

/** The handler's own error instead of NestJS' mask: kafkajs ends for a TypeError, and restarts for others. */
@Catch()
class RethrowFilter implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

claim(
  {
    says: '`status` of a microservice tells whether its consumer works.',
    verdict: 'imprecise',
    happens:
      'A consumer that comes back in a moment and one that never does say the same: `stopped`, `disconnected`, `crashed`.',
    why: 'The event of kafkajs says whether it restarts; `status` leaves that out.',
    right:
      'Listen to the event: `const [, consumer] = app.unwrap()`, `consumer.on(consumer.events.CRASH, ({ payload }) => …)`: `payload.restart`.',
  },
  () => {
    const stage = new Stage();

    /** Up to what it says of its first crash. */
    const statusesOf = async (error: Error): Promise<{ service: StockService; statuses: string[] }> => {
      const topic = await stage.topic('dead');
      const statuses: string[] = [];
      const handler = hearer(topic, () => {
        throw error;
      });
      const consumer = { retry: { retries: 1, initialRetryTime: 20, maxRetryTime: 50 } };
      const service = await stage.start(topic, [handler], { consumer }, (app) => {
        app.useGlobalFilters(new RethrowFilter());
        app.status.subscribe((status) => statuses.push(status));
      });
      await stage.broker.send(topic, { value: 'poison' });
      await eventually('it crashes', () => statuses.includes('crashed') && service.crashes.length > 0);
      return { service, statuses: statuses.slice(0, statuses.indexOf('crashed') + 1) };
    };

    it('says the same of one that restarts and of one that is gone for good; the event tells them apart', async () => {
      const [gone, restarting] = await Promise.all([
        statusesOf(new TypeError('name is undefined')),
        statusesOf(new Error('the payment provider fails')),
      ]);

      expect(gone.statuses).toEqual(['connected', 'stopped', 'disconnected', 'crashed']);
      expect(restarting.statuses).toEqual(gone.statuses);
      expect([gone, restarting].map(({ service }) => service.crashes[0]?.restart)).toEqual([false, true]);
    });
  },
);
