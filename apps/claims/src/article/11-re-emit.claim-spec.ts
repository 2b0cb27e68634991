import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import type { ClientKafka } from '@nestjs/microservices';
import { claim } from '../claim.js';
import { connectClient, reEmitting } from '../retrying/re-emitting.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer, startStock, type StockService } from '../stock-service.js';

const facts = {
  number: 11,
  says: 'Re-emitting the failed message to its topic keeps processing going, where order does not matter',
  verdict: 'harmful',
  happens:
    'As many copies as there were failures, without delay or end, and **every other service handles each of them**: ' +
    'with 500 failures, 501 times.',
  why: 'A topic belongs to all groups that read it: none of them can tell a copy from a new event.',
  right:
    'Retry topics that belong to the failing service, with a delay and a last stage: ' +
    '[re-emit to retry](patterns/re-emit-retry.md).',
} as const;

claim(facts, () => {
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
    'a message that fails %i times is handled as often by a service that never failed, too',
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

  it('one message is 63 where two services do so, and each fails 31 times: at the copies of the other as well', async () => {
    const charged = await startReEmitting('billing', 31);
    const mailed = await startReEmitting('notifications', 31);

    await broker.send(topic, { value: '{"orderId":"order-7"}' });

    await eventually('both are through', () => charged.length === 63 && mailed.length === 63);
    expect(await broker.values(topic)).toHaveLength(63);
  });
});
