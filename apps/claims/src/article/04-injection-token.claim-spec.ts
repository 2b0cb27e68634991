import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Inject, Injectable } from '@nestjs/common';
import { ClientKafka, ClientsModule, Transport } from '@nestjs/microservices';
import { Test, type TestingModule } from '@nestjs/testing';
import { lastValueFrom } from 'rxjs';
import { claim } from '../claim.js';
import { StockBroker, unique } from '../stock-broker.js';

const facts = {
  number: 4,
  says: "The name in `@Inject('kafka')` is arbitrary and must match `name: 'kafka'` in `ClientsModule.register`",
  verdict: 'true',
  happens:
    'Under any name, the same in both places, `this.kafka.emit` reaches the broker. With two names the app does ' +
    'not start.',
  why: 'The name is the injection token; NestJS looks for nothing else.',
  right: 'A constant for the name, used in both places.',
} as const;

claim(facts, () => {
  let broker: StockBroker;

  beforeAll(async () => {
    broker = await StockBroker.connect();
  });

  afterAll(() => broker.close());

  const compile = (name: string, injected: string): Promise<TestingModule> => {
    @Injectable()
    class XyzService {
      constructor(@Inject(injected) readonly kafka: ClientKafka) {}
    }
    const options = { client: { brokers: broker.brokers }, producerOnlyMode: true };
    const imports = [ClientsModule.register([{ name, transport: Transport.KAFKA, options }])];
    const providers = [{ provide: 'xyz', useClass: XyzService }];
    return Test.createTestingModule({ imports, providers }).compile();
  };

  it.each(['kafka', 'any name at all'])('"%s" in both places injects a client that sends', async (name) => {
    const topic = unique('claim-04');
    await broker.createTopic(topic);
    const module = await compile(name, name);
    const { kafka } = module.get<{ kafka: ClientKafka }>('xyz');

    await lastValueFrom(kafka.emit(topic, 'hello'));
    await module.close();

    expect(kafka).toBeInstanceOf(ClientKafka);
    expect(await broker.values(topic)).toEqual(['hello']);
  });

  it('two names stop the start', async () => {
    await expect(compile('kafka', 'Kafka')).rejects.toThrow("Nest can't resolve dependencies of the XyzService");
  });
});
