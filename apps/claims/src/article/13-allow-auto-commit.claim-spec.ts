import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer, startStock, type StockService } from '../stock-service.js';

const facts = {
  number: 13,
  says: '`allowAutoCommit: false` in the consumer’s configuration disables auto-commit',
  verdict: 'wrong',
  happens: 'Offsets are committed as before.',
  why: 'Neither NestJS nor kafkajs has such an option, and neither complains about one that it does not know.',
  right: '`run: { autoCommit: false }`, beside `consumer`, not inside of it.',
} as const;

claim(facts, () => {
  let broker: StockBroker;
  let topic: string;
  let service: StockService;
  let heard: unknown[];

  beforeAll(async () => {
    broker = await StockBroker.connect();
  });

  beforeEach(async () => {
    topic = unique('claim-13');
    heard = [];
    await broker.createTopic(topic);
  });

  afterEach(() => service.close());

  afterAll(() => broker.close());

  const handler = () => hearer(topic, (payload) => heard.push(payload));

  it('as printed commits', async () => {
    // The compiler would refuse it, if it were not hidden from it.
    const consumerConfig: object = { allowAutoCommit: false };
    service = await startStock(broker, topic, [handler()], { consumer: consumerConfig });

    await broker.send(topic, { value: 'hello' });

    await eventually('it is committed', async () => (await broker.committed(topic, topic)) === 1);
    expect(heard).toEqual(['hello']);
  });

  it('with run: { autoCommit: false } commits nothing, not even on leaving', async () => {
    service = await startStock(broker, topic, [handler()], { run: { autoCommit: false } });

    await broker.send(topic, { value: 'hello' });
    await eventually('it is handled', () => heard.length === 1);
    await broker.send(topic, { value: 'and again' });
    await eventually('the next fetch is handled', () => heard.length === 2);
    await service.close();

    expect(await broker.committed(topic, topic)).toBe(-1);
  });
});
