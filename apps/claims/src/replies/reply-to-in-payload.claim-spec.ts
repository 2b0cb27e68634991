import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Controller, type Type } from '@nestjs/common';
import { ClientKafka, MessagePattern } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer, startStock } from '../stock-service.js';

interface Request {
  readonly data: string;
  readonly replyTo: string;
}

let questions: string;
let answers: string;
let broker: StockBroker;
let client: ClientKafka;
let closing: { close(): unknown }[];

beforeAll(async () => {
  broker = await StockBroker.connect();
});

beforeEach(async () => {
  questions = unique('request-topic');
  answers = `${questions}.reply`;
  client = new ClientKafka({
    client: { brokers: broker.brokers, logLevel: 0 },
    consumer: { groupId: unique('asker'), maxWaitTimeInMs: 100 },
  });
  client.subscribeToResponseOf(questions);
  closing = [client];
  await broker.createTopic(questions, 2);
  await broker.createTopic(answers);
  await client.connect();
});

afterEach(() => Promise.all(closing.map((one) => one.close())));

afterAll(() => broker.close());

const start = async (group: string, controller: Type): Promise<void> => {
  const service = await startStock(broker, group, [controller], { consumer: { heartbeatInterval: 200 } });
  closing.push(service);
};

/** Slow about tea: done when the answer about coffee is written. */
async function priceOf(data: string): Promise<string> {
  const isWritten = async () => (await broker.admin.fetchTopicOffsets(answers))[0]?.high === '1';
  if (data === 'tea') await eventually('coffee is answered', isWritten);
  return `price of ${data}`;
}

/** Two replicas of the answerer, with a partition of the questions each. */
async function startAnswerers(controller: Type): Promise<void> {
  const group = unique('answerer');
  await Promise.all([start(group, controller), start(group, controller)]);
  await eventually('both are in the group', async () => (await broker.members(group)) === 2);
}

/** The convention as printed: the topic to answer to is in the payload, and nothing says what is answered. */
const printed = (answer: (data: string) => Promise<string>): Type =>
  hearer(questions, async (payload) => {
    const { data, replyTo } = payload as Request;
    await lastValueFrom(client.emit(replyTo, { data: await answer(data) }));
  });

const ask = (partition: number, data: string) =>
  broker.send(questions, { partition, value: JSON.stringify({ data, replyTo: answers }) });

claim(
  {
    says: '`replyTo` in the payload makes request and reply of two events.',
    verdict: 'wrong',
    happens:
      'Who asks twice gives the first question the answer of the second; whoever hears the topic hears the answers.',
    why: 'The answer carries nothing that says which question it is for, and a topic belongs to no replica.',
    right:
      '`client.send(topic, data)` and `@MessagePattern(topic)`, which carry a correlation id and a reply partition.',
  },
  () => {
    it('gives each of two questions the answer of the other, where the second is answered first', async () => {
      await startAnswerers(printed(priceOf));
      const asked: string[] = [];
      const got: string[] = [];
      const hear = (payload: unknown) => got.push(`${asked.shift()}: ${(payload as Request).data}`);
      await start(unique('orders'), hearer(answers, hear));

      asked.push('tea', 'coffee');
      await ask(0, 'tea');
      await ask(1, 'coffee');

      await eventually('both are answered', () => got.length === 2);
      expect(got).toEqual(['tea: price of coffee', 'coffee: price of tea']);
      expect((await broker.records(answers)).map(({ headers }) => headers)).toEqual([[], []]);
    });

    it('is heard by every group, and in the group that asked by one replica, which need not be the one that asked', async () => {
      await startAnswerers(printed((data) => Promise.resolve(`price of ${data}`)));
      const got: string[] = [];
      const hears = (who: string) => hearer(answers, () => got.push(who));
      const orders = unique('orders');
      await start(orders, hears('the replica with the partition'));
      await start(unique('stranger'), hears('a stranger'));
      // It asks, and a topic of one partition has nothing for it.
      await start(orders, hears('the replica that asked'));
      await eventually('both are in the group', async () => (await broker.members(orders)) === 2);

      await ask(0, 'tea');
      await ask(1, 'coffee');

      await eventually('both groups have heard both', () => got.length === 4);
      const one = got.filter((who) => who.startsWith('the replica'));
      expect(one).toHaveLength(2);
      expect(new Set(one).size).toBe(1);
      expect(got.filter((who) => who === 'a stranger')).toHaveLength(2);
    });

    it('is put right by send(): each question gets its own answer', async () => {
      @Controller()
      class Answerer {
        @MessagePattern(questions)
        answer({ data }: Request): Promise<string> {
          return priceOf(data);
        }
      }
      await startAnswerers(Answerer);

      const got = await Promise.all([
        lastValueFrom(client.send<string>(questions, inPartition(0, 'tea'))),
        lastValueFrom(client.send<string>(questions, inPartition(1, 'coffee'))),
      ]);

      expect(got).toEqual(['price of tea', 'price of coffee']);
    });
  },
);

/** What has a `value` is taken for a whole record. */
const inPartition = (partition: number, data: string) => ({ value: JSON.stringify({ data }), partition });
