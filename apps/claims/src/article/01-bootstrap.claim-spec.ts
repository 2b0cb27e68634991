import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload, Transport } from '@nestjs/microservices';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';

const topic = unique('claim-01');
const heard: unknown[] = [];

@Controller()
class Hearer {
  @EventPattern(topic)
  handle(@Payload() payload: unknown): void {
    heard.push(payload);
  }
}

@Module({ controllers: [Hearer] })
class AppModule {}

const facts = {
  number: 1,
  says: 'Kafka is initialized in the bootstrap: `create`, `startAllMicroservices`, `listen`',
  verdict: 'wrong',
  happens: 'As printed the app starts without an error, joins no group and consumes nothing.',
  why: '`startAllMicroservices` starts those that `connectMicroservice` was called for, and that is none.',
  right:
    '`app.connectMicroservice({ transport: Transport.KAFKA, options }, { inheritAppConfig: true })` first, after the ' +
    'global pipes, filters and interceptors are set.',
} as const;

claim(facts, () => {
  let broker: StockBroker;
  const apps: INestApplication[] = [];

  beforeAll(async () => {
    broker = await StockBroker.connect();
    await broker.createTopic(topic);
  });

  afterAll(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await broker.close();
  });

  it('as printed starts without an error, and joins no group: nothing consumes', async () => {
    const app = await NestFactory.create(AppModule, { logger: false });
    apps.push(app);
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');

    // The group of stock NestJS where none is named.
    expect(await broker.groups()).not.toContain('nestjs-group-server');
    expect(app.getMicroservices()).toEqual([]);
  });

  it('consumes once connectMicroservice names the transport', async () => {
    const app = await NestFactory.create(AppModule, { logger: false });
    apps.push(app);
    app.connectMicroservice({
      transport: Transport.KAFKA,
      options: {
        client: { brokers: broker.brokers },
        consumer: { groupId: topic },
        subscribe: { fromBeginning: true },
      },
    });
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    const producer = broker.kafka.producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ value: '{"said":"hello"}' }] });
    await producer.disconnect();

    await eventually('the handler hears it', () => heard.length > 0);
    expect(heard).toEqual([{ said: 'hello' }]);
  });

  it('applies to its handlers the global pipes that were set before connectMicroservice, and none set after', async () => {
    const piped: string[] = [];
    const pipe = (name: string) => ({ transform: (value: unknown) => (piped.push(name), value) });
    const app = await NestFactory.create(AppModule, { logger: false });
    apps.push(app);
    app.useGlobalPipes(pipe('before'));
    app.connectMicroservice(
      {
        transport: Transport.KAFKA,
        options: {
          client: { brokers: broker.brokers },
          consumer: { groupId: `${topic}-pipes` },
          subscribe: { fromBeginning: true },
        },
      },
      { inheritAppConfig: true },
    );
    app.useGlobalPipes(pipe('after'));
    await app.startAllMicroservices();
    const producer = broker.kafka.producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ value: '{"said":"piped"}' }] });
    await producer.disconnect();

    // The group of the spec before hears it, too.
    const handled = () => heard.filter((payload) => (payload as { said: string }).said === 'piped');
    await eventually('both groups hear it', () => handled().length === 2);
    expect(new Set(piped)).toEqual(new Set(['before']));
  });
});
