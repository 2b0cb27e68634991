import { expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientKafka, Transport } from '@nestjs/microservices';
import { claim } from '../claim.js';
import { Stage } from '../stage.js';
import { eventually, unique } from '../stock-broker.js';
import { hearer } from '../stock-service.js';

claim(
  {
    number: 16,
    says: "`groupId: 'myUniqueGroup'` names the consumer group.",
    verdict: 'imprecise',
    happens:
      'On the broker the group is `myUniqueGroup-server`; that of a client with the same setting is `myUniqueGroup-client`.',
    why: 'NestJS adds a suffix, so that a service and a client in it do not share a group by accident. Lag, ACLs and resets need the name with it.',
    right:
      "`postfixId: ''` beside `consumer` leaves the name as it is; then a client that asks needs a `groupId` of its own.",
  },
  () => {
    const stage = new Stage();

    /** As printed, but for the name. */
    const start = async (groupId: string, postfix: { postfixId?: string } = {}): Promise<void> => {
      const topic = await stage.topic('named');
      @Module({ controllers: [hearer(topic, () => undefined)] })
      class AppModule {}
      const consumerConfig = { groupId };
      const options = { client: { brokers: stage.broker.brokers }, consumer: consumerConfig, ...postfix };
      const app = await NestFactory.createMicroservice(AppModule, {
        logger: false,
        transport: Transport.KAFKA,
        options,
      });
      stage.afterwards(() => app.close());
      await app.listen();
      await eventually('its group', async () => (await stage.broker.groups()).some((name) => name.startsWith(groupId)));
    };

    it('becomes x-server on the broker', async () => {
      const groupId = unique('billing');

      await start(groupId);

      const groups = await stage.broker.groups();
      expect(groups).toContain(`${groupId}-server`);
      expect(groups).not.toContain(groupId);
    });

    it('becomes x-client for a client, also for one that only emits', async () => {
      const groupId = unique('billing');
      const client = new ClientKafka({
        client: { brokers: stage.broker.brokers, logLevel: 0 },
        consumer: { groupId, maxWaitTimeInMs: 100 },
      });
      stage.afterwards(() => client.close());

      await client.connect();

      await eventually('it', async () => (await stage.broker.groups()).includes(`${groupId}-client`));
    });

    it("stays x with postfixId: ''", async () => {
      const groupId = unique('billing');

      await start(groupId, { postfixId: '' });

      expect(await stage.broker.groups()).toContain(groupId);
    });
  },
);
