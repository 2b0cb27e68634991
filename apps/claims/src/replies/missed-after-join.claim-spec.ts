import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ClientKafka } from '@nestjs/microservices';
import kafkajs, { type ConsumerConfig, type KafkaMessage, type PartitionAssigner } from 'kafkajs';
import { firstValueFrom } from 'rxjs';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';

const facts = {
  says: 'When `connect()` has resolved, a reply will be heard',
  verdict: 'wrong',
  happens: 'A reply that comes before the first fetch is missed: the ask never ends.',
  why:
    'The consumer begins at the end of the topic, and asks where that is with its first fetch only. The gap is ' +
    'short: of twelve first asks to a quick responder none was missed.',
  right: 'A `timeout(…)` on every `send()`, and an ask that may be repeated.',
} as const;

/**
 * Ours asks for the end of each partition before it begins, and seeks there in every generation:
 * `libs/kafka/src/request-reply/request-reply.broker-spec.ts`.
 */
claim(facts, () => {
  describe('a reply that comes when its consumer has joined, and has not fetched yet', () => {
    const closing: (() => Promise<void>)[] = [];
    let broker: StockBroker;

    beforeAll(async () => {
      broker = await StockBroker.connect();
      closing.push(() => broker.close());
    });

    afterAll(async () => {
      for (const close of closing.reverse()) await close();
    });

    /** kafkajs' own assigner, and a gap held open that is otherwise some milliseconds long. */
    const gap = () => {
      let end: () => void = () => undefined;
      const ended = new Promise<void>((resolve) => (end = resolve));
      const assigner: PartitionAssigner = (context) => {
        const { cluster } = context;
        const ask = cluster.fetchTopicsOffset.bind(cluster);
        cluster.fetchTopicsOffset = (topics) => ended.then(() => ask(topics));
        return kafkajs.PartitionAssigners.roundRobin(context);
      };
      closing.push(() => Promise.resolve(end()));
      // NestJS' copy of kafkajs' types is another one.
      return { end, consumer: { partitionAssigners: [assigner as never], maxWaitTimeInMs: 100 } };
    };

    const consume = async (
      topic: string,
      handle: (message: KafkaMessage) => unknown,
      { fromBeginning = false, ...options }: Partial<ConsumerConfig> & { fromBeginning?: boolean },
    ): Promise<void> => {
      const consumer = broker.kafka.consumer({ groupId: topic, ...options });
      closing.push(() => consumer.disconnect());
      let joined = false;
      consumer.on(consumer.events.GROUP_JOIN, () => (joined = true));
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning });
      await consumer.run({ eachMessage: async ({ message }) => void (await handle(message)) });
      await eventually('it has joined', () => joined);
    };

    it('is missed by a consumer as one writes it', async () => {
      const topic = unique('replies');
      const heard: string[] = [];
      await broker.createTopic(topic);
      const { end, consumer } = gap();
      await consume(topic, ({ value }) => heard.push(String(value)), consumer);

      await broker.send(topic, { value: 'reply' });
      end();

      await eventually('it reads', async () => {
        await broker.send(topic, { value: 'later' });
        return heard.length > 0;
      });
      expect(heard).not.toContain('reply');
    });

    it('is missed by ClientKafka: the first ask after connect() is answered and never ends, the next one does', async () => {
      const topic = unique('asked');
      const answered: string[] = [];
      await broker.createTopic(topic);
      await broker.createTopic(`${topic}.reply`);
      const answer = async ({ value, headers }: KafkaMessage): Promise<void> => {
        const kept = { kafka_correlationId: headers?.['kafka_correlationId'], 'kafka_nest-is-disposed': '0' };
        await broker.send(`${topic}.reply`, { value, headers: kept });
        answered.push(String(value));
      };
      await consume(topic, answer, { fromBeginning: true, maxWaitTimeInMs: 100 });
      const { end, consumer } = gap();
      const client = new ClientKafka({
        client: { brokers: broker.brokers, logLevel: 0 },
        consumer: { groupId: topic, ...consumer },
      });
      closing.push(() => client.close());
      client.subscribeToResponseOf(topic);
      await client.connect();

      const replies: unknown[] = [];
      client.send(topic, 'first').subscribe({ next: (reply) => replies.push(reply), error: () => undefined });
      await eventually('the first is answered', () => answered.includes('first'));
      end();
      const next = await eventuallyAnswered(client, topic);

      expect(next).toBe('next');
      expect(replies).toEqual([]);
    });

    /** Asks until an answer comes: the position is being looked for. */
    const eventuallyAnswered = async (client: ClientKafka, topic: string): Promise<unknown> => {
      const replies: unknown[] = [];
      await eventually('the next is answered', () => {
        firstValueFrom(client.send(topic, 'next')).then(
          (reply) => replies.push(reply),
          () => undefined,
        );
        return replies.length > 0;
      });
      return replies[0];
    };
  });
});
