import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import * as microservices from '@nestjs/microservices';
import { type ClientKafka, ClientsModule, Transport } from '@nestjs/microservices';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer } from '../stock-service.js';

const facts = {
  number: 2,
  says: '`KafkaModule.register(kafkaOptions)` in the AppModule is redundant beside the bootstrap: don’t do it',
  verdict: 'imprecise',
  happens:
    'The advice is right, the reason is not. NestJS has no `KafkaModule`, and its `ClientsModule` is not redundant: it ' +
    'makes a second client, with a group of its own that reads no topic of a handler.',
  why: 'The consumer that handlers hang on is made by `connectMicroservice` alone, and reads no settings of a module.',
  right: '`connectMicroservice` to consume; `ClientsModule` in the module that sends, and only there.',
} as const;

claim(facts, () => {
  let broker: StockBroker;
  let topic: string;
  let app: INestApplication;
  let heard: unknown[];

  beforeAll(async () => {
    broker = await StockBroker.connect();
  });

  beforeEach(async () => {
    topic = unique('claim-02');
    heard = [];
    await broker.createTopic(topic);
    app = await NestFactory.create(appModule(), { logger: false });
  });

  afterEach(() => app.close());

  afterAll(() => broker.close());

  const options = (groupId: string) => ({
    client: { brokers: broker.brokers },
    consumer: { groupId: `${topic}-${groupId}` },
    subscribe: { fromBeginning: true },
  });

  const appModule = () => {
    const client = { name: 'kafka', transport: Transport.KAFKA as const, options: options('module') };
    @Module({
      imports: [ClientsModule.register([client])],
      controllers: [hearer(topic, (payload) => heard.push(payload))],
    })
    class AppModule {}
    return AppModule;
  };

  it('there is no KafkaModule in NestJS', () => {
    expect(Object.keys(microservices)).toContain('ClientsModule');
    expect(Object.keys(microservices)).not.toContain('KafkaModule');
  });

  it('a client in the AppModule, without the bootstrap, joins a group that reads nothing', async () => {
    await app.startAllMicroservices();
    await app.get<ClientKafka>('kafka').connect();

    await eventually('it joins', async () => (await broker.members(`${topic}-module-client`)) === 1);
    expect(await broker.assigned(`${topic}-module-client`)).toEqual([{}]);
  });

  it('beside the bootstrap there are two groups, and the handler hears through that of the bootstrap', async () => {
    app.connectMicroservice({ transport: Transport.KAFKA, options: options('bootstrap') });
    await app.startAllMicroservices();
    await app.get<ClientKafka>('kafka').connect();

    await broker.send(topic, { value: 'hello' });

    await eventually('it is committed', async () => (await broker.committed(`${topic}-bootstrap-server`, topic)) === 1);
    expect(heard).toEqual(['hello']);
    expect(await broker.groups()).toContain(`${topic}-module-client`);
    expect(await broker.committed(`${topic}-module-client`, topic)).toBe(-1);
  });
});
