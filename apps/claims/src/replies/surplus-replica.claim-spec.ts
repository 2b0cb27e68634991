import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ClientKafka } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { eventually, StockBroker, unique } from '../stock-broker.js';

/**
 * Verdict: true. Each asking replica needs a reply partition of its own: one more replica than there are partitions, and it
 * can ask nothing.
 * Ours reads all reply partitions in each replica: `libs/kafka/src/request-reply/request-reply.broker-spec.ts`.
 */
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
