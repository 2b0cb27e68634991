import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import type { ClientKafka } from '@nestjs/microservices';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer, startStock, type StockService } from '../stock-service.js';
import { connectClient, reEmitting } from './re-emitting.js';

/**
 * Claim 11: re-emitting a failed message to its topic is a pragmatic way to go on. Verdict: harmful as printed. There is no
 * delay, no end, and every other service gets each copy.
 * Ours goes through retry topics of the failing service, bounded: `apps/e2e/src/re-emit-retry.e2e-spec.ts`.
 */
describe('a failing message that is re-emitted to its own topic', () => {
  let topic: string;
  let broker: StockBroker;
  let client: ClientKafka;
  let services: StockService[];

  beforeAll(async () => {
    broker = await StockBroker.connect();
    client = await connectClient(broker);
  });

  beforeEach(async () => {
    topic = unique('re-emit');
    services = [];
    await broker.createTopic(topic);
  });

  afterEach(() => Promise.all(services.map((service) => service.close())));

  afterAll(async () => {
    await client.close();
    await broker.close();
  });

  const start = async (name: string, controller: Type): Promise<void> => {
    services.push(await startStock(broker, unique(name), [controller]));
  };

  /** A service with the recipe; fails at the first messages that it gets, whichever they are. */
  const startReEmitting = async (name: string, failures: number): Promise<unknown[]> => {
    const tried: unknown[] = [];
    const failAtFirst = (order: unknown): void => {
      if (tried.push(order) <= failures) throw new Error('the payment provider fails');
    };
    await start(name, reEmitting(topic, client, failAtFirst));
    return tried;
  };

  it.each([1, 3, 500])(
    'that fails %i times is handled as often by a service that never failed, too',
    async (failures) => {
      const tried = await startReEmitting('billing', failures);
      const mailed: unknown[] = [];
      await start(
        'notifications',
        hearer(topic, (order) => mailed.push(order)),
      );

      await broker.send(topic, { key: 'order-7', value: '{"orderId":"order-7"}' });

      await eventually('both have handled all copies', () => tried.length + mailed.length === 2 * (failures + 1));
      expect(mailed).toEqual(Array.from({ length: failures + 1 }, () => ({ orderId: 'order-7' })));
      expect(await broker.values(topic)).toHaveLength(failures + 1);
    },
  );

  it('is 63 messages where two services do so, and each fails 31 times: at the copies of the other as well', async () => {
    const charged = await startReEmitting('billing', 31);
    const mailed = await startReEmitting('notifications', 31);

    await broker.send(topic, { value: '{"orderId":"order-7"}' });

    await eventually('both are through', () => charged.length === 63 && mailed.length === 63);
    expect(await broker.values(topic)).toHaveLength(63);
  });
});
