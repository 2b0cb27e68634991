import { expect, it } from '@jest/globals';
import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { type Observable, throwError } from 'rxjs';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually } from '../stock-broker.js';
import { hearer } from '../stock-service.js';

/** As one finds it in many an app: the original error instead of NestJS' mask. */
@Catch()
class RethrowFilter implements RpcExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/** kafkajs' number of tries without its long pauses, and a session that ends early: it does not always say goodbye. */
const CONSUMER = {
  retry: { retries: 5, initialRetryTime: 20, maxRetryTime: 50 },
  sessionTimeout: 6_000,
  heartbeatInterval: 500,
};

claim(
  {
    number: 26,
    says: 'The default Kafka behavior retries a message until one of the clients has processed it.',
    verdict: 'wrong',
    happens:
      'The replica that failed tries it again, and the others do not see it while it lives. An error that kafkajs takes for a bug ends that replica, and then the next one that is given the message, until none is left.',
    why: 'Kafka knows nothing of errors: kafkajs repeats in its own process. It does not repeat a TypeError or an error with `retriable: false`, but stops its consumer for good.',
    right:
      'Catch in the handler, decide what is worth another try, and put the rest where it can be found: see claim 27.',
  },
  () => {
    const stage = new Stage();

    const startTwo = async (handle: (replica: number) => void, filters: RpcExceptionFilter[]) => {
      const topic = await stage.topic('retried');
      const start = (replica: number) =>
        stage.start(topic, [hearer(topic, () => handle(replica))], { consumer: CONSUMER }, (app) =>
          app.useGlobalFilters(...filters),
        );
      const services = [await start(1), await start(2)];
      await eventually('both are in the group', async () => (await stage.broker.members(topic)) === 2);
      return { topic, services };
    };

    it('tries again in the replica that has failed, and in no other', async () => {
      const tries: number[] = [];
      const { topic } = await startTwo((replica) => {
        if (tries.push(replica) < 5) throw new Error('the database is busy');
      }, []);

      await stage.broker.send(topic, { value: 'order' });

      await eventually('the commit', async () => (await stage.broker.committed(topic, topic)) === 1);
      expect(tries).toHaveLength(5);
      expect(new Set(tries).size).toBe(1);
    });

    it('ends one replica after another where the error is a TypeError that a filter lets through', async () => {
      const tries: number[] = [];
      const { topic, services } = await startTwo(
        (replica) => {
          tries.push(replica);
          throw new TypeError('name is undefined');
        },
        [new RethrowFilter()],
      );

      await stage.broker.send(topic, { value: 'poison' });

      await eventually('both have crashed', () => services.every(({ crashes }) => crashes.length > 0));
      for (const { crashes } of services) expect(crashes).toMatchObject([{ restart: false }]);
      expect(tries.sort()).toEqual([1, 2]);
      await eventually('nobody is left', async () => (await stage.broker.members(topic)) === 0);
      expect(await stage.broker.committed(topic, topic)).toBe(-1);
    });
  },
);
