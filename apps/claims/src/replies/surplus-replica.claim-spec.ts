import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ClientKafka } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';

const facts = {
  says: 'A service that asks can be scaled',
  verdict: 'wrong',
  happens: 'With one replica more than the reply topic has partitions, every `send()` of the surplus one fails.',
  why: 'Replies are addressed to a partition, so each asking replica needs one of its own.',
  right: 'At least as many partitions of the reply topic as there will ever be replicas, deploys included.',
} as const;

/** Ours reads all reply partitions in each replica: `libs/kafka/src/request-reply/request-reply.broker-spec.ts`. */
claim(facts, () => {
  describe('one asking replica more than the reply topic has partitions', () => {
    const topic = unique('ask');
    const clients: ClientKafka[] = [];
    let broker: StockBroker;

    beforeAll(async () => {
      broker = await StockBroker.connect();
      await broker.createTopic(topic);
      await broker.createTopic(`${topic}.reply`);
    });

    afterAll(async () => {
      await Promise.all(clients.map((client) => client.close()));
      await broker.close();
    });

    const start = async (): Promise<ClientKafka> => {
      const client = new ClientKafka({
        client: { brokers: broker.brokers, logLevel: 0 },
        consumer: { groupId: topic, heartbeatInterval: 200, maxWaitTimeInMs: 100 },
        postfixId: '',
      });
      clients.push(client);
      client.subscribeToResponseOf(topic);
      await client.connect();
      return client;
    };

    it('fails at every send()', async () => {
      await start();
      const surplus = await start();
      await eventually('both are in the group', async () => (await broker.members(topic)) === 2);

      for (let time = 0; time < 3; time++) {
        await expect(lastValueFrom(surplus.send(topic, 'anything'))).rejects.toThrow(
          'did not subscribe to the corresponding reply topic',
        );
      }
    });
  });
});
