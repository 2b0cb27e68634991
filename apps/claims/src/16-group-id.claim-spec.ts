import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload, Transport } from '@nestjs/microservices';
import { StockBroker, unique } from './stock-broker.js';

const topic = unique('claim-16');

@Controller()
class Hearer {
  @EventPattern(topic)
  handle(@Payload() _payload: object): void {
    // what it does is no part of this claim
  }
}

@Module({ controllers: [Hearer] })
class AppModule {}

/** Verdict: imprecise. */
describe("claim 16: groupId: 'x' is the consumer group", () => {
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

  const start = async (groupId: string, postfixId?: string): Promise<void> => {
    const app = await NestFactory.create(AppModule, { logger: false });
    apps.push(app);
    const postfix = postfixId === undefined ? {} : { postfixId };
    const options = { client: { brokers: broker.brokers }, consumer: { groupId }, ...postfix };
    app.connectMicroservice({ transport: Transport.KAFKA, options });
    await app.startAllMicroservices();
  };

  it('becomes x-server on the broker', async () => {
    const groupId = unique('billing');

    await start(groupId);

    const groups = await broker.groups();
    expect(groups).toContain(`${groupId}-server`);
    expect(groups).not.toContain(groupId);
  });

  it("stays x with postfixId: ''", async () => {
    const groupId = unique('billing');

    await start(groupId, '');

    expect(await broker.groups()).toContain(groupId);
  });
});
