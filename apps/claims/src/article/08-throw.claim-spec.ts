import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { KafkaContext } from '@nestjs/microservices';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer, startStock, type StockService } from '../stock-service.js';

const facts = {
  number: 8,
  says: 'Throwing an exception in an event handler indicates to Kafka to retry the message',
  verdict: 'imprecise',
  happens:
    'It is handled again, and Kafka is told nothing: six tries, the consumer crashes, leaves the group, joins as a new ' +
    'member and has six tries again, without end. For the broker the offset just does not move.',
  why: 'kafkajs counts, in memory: `consumer: { retry: { retries: 5 } }`. A broker knows neither tries nor failures.',
  right:
    'Throw as long as another try may help, then give up on purpose: write a dead letter, await the broker’s answer, and ' +
    'return, so that the offset moves.',
} as const;

/** kafkajs' number of tries, without its long pauses. */
const retry = { retries: 5, initialRetryTime: 20, maxRetryTime: 50 };

claim(facts, () => {
  let broker: StockBroker;
  let topic: string;
  let service: StockService;
  let heard: unknown[];

  beforeAll(async () => {
    broker = await StockBroker.connect();
  });

  beforeEach(async () => {
    topic = unique('claim-08');
    heard = [];
    await broker.createTopic(topic);
    await broker.send(topic, { key: 'k', value: 'fails' }, { key: 'k', value: 'next' });
  });

  afterEach(() => service.close());

  afterAll(() => broker.close());

  const start = async (handleRequest: (data: unknown, context: KafkaContext) => unknown): Promise<void> => {
    const handler = hearer(topic, (data, context) => {
      heard.push(data);
      return handleRequest(data, context);
    });
    service = await startStock(broker, topic, [handler], { consumer: { retry } });
  };

  it('as printed is tried six times by one member, six by the next, and the broker has no trace of it', async () => {
    const members: string[] = [];
    const triedAtCrash: number[] = [];
    let cured = false;
    await start(() => {
      if (!cured) throw new Error();
    });
    const { consumer } = service;
    consumer.on(consumer.events.CRASH, () => void triedAtCrash.push(heard.length));
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => void members.push(payload.memberId));

    await eventually('it crashes twice', () => triedAtCrash.length >= 2);

    expect(triedAtCrash.slice(0, 2)).toEqual([6, 12]);
    expect(new Set(members).size).toBe(members.length);
    expect(new Set(heard)).toEqual(new Set(['fails']));
    expect(await broker.values(topic)).toEqual(['fails', 'next']);
    expect(await broker.committed(topic, topic)).toBe(-1);

    cured = true;
    await eventually('it goes on', async () => (await broker.committed(topic, topic)) === 2);
  });

  it('moves on where the handler gives up after three tries with a dead letter', async () => {
    const deadLetters = `${topic}.dead-letters`;
    await broker.createTopic(deadLetters);
    await start(async (data, context) => {
      if (data !== 'fails') return;
      if (heard.length < 3) throw new Error('the payment provider fails');
      await context.getProducer().send({ topic: deadLetters, messages: [{ key: 'k', value: String(data) }] });
    });

    await eventually('both are committed', async () => (await broker.committed(topic, topic)) === 2);

    expect(heard).toEqual(['fails', 'fails', 'fails', 'next']);
    expect(await broker.records(deadLetters)).toMatchObject([{ key: 'k', value: 'fails' }]);
  });
});
