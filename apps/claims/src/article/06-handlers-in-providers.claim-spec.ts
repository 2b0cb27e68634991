import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller, Injectable, Module, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload, Transport } from '@nestjs/microservices';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';

const [ofProvider, ofController] = [unique('claim-06-provider'), unique('claim-06-controller')];
const heard: unknown[] = [];

@Injectable()
class XyzService {
  @EventPattern(ofProvider)
  handle(@Payload() payload: unknown): void {
    heard.push(payload);
  }
}

@Controller()
class XyzController {
  @EventPattern(ofController)
  handle(@Payload() payload: unknown): void {
    heard.push(payload);
  }
}

@Module({ providers: [XyzService], controllers: [XyzController] })
class XyzModule {}

const facts = {
  number: 6,
  says: '`@EventPattern` and `@MessagePattern` can be used in controllers or providers',
  verdict: 'wrong',
  happens: 'The topic of a provider’s handler is not even subscribed to, and nothing says so.',
  why: 'NestJS looks for handlers in controllers only.',
  right: 'Handlers in classes with `@Controller()`, listed under `controllers`.',
} as const;

claim(facts, () => {
  let broker: StockBroker;
  let app: INestMicroservice;

  beforeAll(async () => {
    broker = await StockBroker.connect();
    await Promise.all([broker.createTopic(ofProvider), broker.createTopic(ofController)]);
    app = await NestFactory.createMicroservice(XyzModule, {
      logger: false,
      transport: Transport.KAFKA,
      options: {
        client: { brokers: broker.brokers },
        consumer: { groupId: ofController, maxWaitTimeInMs: 100 },
        subscribe: { fromBeginning: true },
        postfixId: '',
      },
    });
    await app.listen();
  });

  afterAll(async () => {
    await app.close();
    await broker.close();
  });

  it('a handler in a controller hears, one in a provider has no partition of its topic', async () => {
    await broker.send(ofProvider, { value: 'to the provider' });
    await broker.send(ofController, { value: 'to the controller' });

    await eventually('it is committed', async () => (await broker.committed(ofController, ofController)) === 1);
    expect(await broker.assigned(ofController)).toEqual([{ [ofController]: [0] }]);
    expect(heard).toEqual(['to the controller']);
  });
});
