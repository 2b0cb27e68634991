import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { type OwnBroker, startOwnBroker } from '@fieldguide/infra';
import { type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Transport } from '@nestjs/microservices';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer } from '../stock-service.js';

const facts = {
  number: 7,
  says: 'All consumers that are subscribed to a topic receive all messages sent to it',
  verdict: 'wrong',
  happens:
    'Every *group* does. Inside a group each message goes to one member, and services that leave `groupId` out are one ' +
    'group, `nestjs-group-server`: orders gets half of the messages, billing the other half.',
  why: 'A partition has one reader in each group, and NestJS has one default name for the groups of all services.',
  right: "`consumer: { groupId: 'billing' }`: a group for each service, of the service’s name.",
} as const;

/** Which service heard what. */
type Heard = Record<string, unknown[]>;

claim(facts, () => {
  let own: OwnBroker;
  let broker: StockBroker;
  let topic: string;
  let apps: INestMicroservice[];
  let heard: Heard;

  // The default group is one for a whole broker: no other spec may be in it.
  beforeAll(async () => {
    own = await startOwnBroker();
    broker = await StockBroker.connect(own.kafka);
  });

  beforeEach(async () => {
    [topic, apps, heard] = [unique('claim-07'), [], {}];
    await broker.createTopic(topic, 2);
  });

  afterEach(() => Promise.all(apps.map((app) => app.close())));

  afterAll(async () => {
    await broker.close();
    await own.remove();
  });

  const start = async (name: string, consumer?: { groupId: string }): Promise<void> => {
    const said: unknown[] = (heard[name] = []);
    @Module({ controllers: [hearer(topic, (payload) => said.push(payload))] })
    class AppModule {}
    const app = await NestFactory.createMicroservice(AppModule, {
      logger: false,
      transport: Transport.KAFKA,
      options: {
        client: { brokers: broker.brokers },
        ...(consumer && { consumer }),
        subscribe: { fromBeginning: true },
      },
    });
    apps.push(app);
    await app.listen();
  };

  const sendToBoth = () => broker.send(topic, { partition: 0, value: 'one' }, { partition: 1, value: 'two' });
  const all = () => Object.values(heard).flat();

  it('two services that name no group are one group, and each gets half', async () => {
    await start('orders');
    await start('billing');
    await eventually('each has a partition', async () => {
      const members = await broker.assigned('nestjs-group-server');
      return members.length === 2 && members.every((topics) => topics[topic]?.length === 1);
    });

    await sendToBoth();

    await eventually('both are handled', () => all().length === 2);
    expect([...all()].sort()).toEqual(['one', 'two']);
    expect(Object.values(heard).map(({ length }) => length)).toEqual([1, 1]);
  });

  it('two services with a group each get everything', async () => {
    await start('orders', { groupId: `${topic}-orders` });
    await start('billing', { groupId: `${topic}-billing` });

    await sendToBoth();

    await eventually('both have handled both', () => all().length === 4);
    expect(Object.values(heard).map((values) => [...values].sort())).toEqual([
      ['one', 'two'],
      ['one', 'two'],
    ]);
  });
});
