import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { KafkaContext } from '@nestjs/microservices';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer, startStock, type StockService } from '../stock-service.js';

const facts = {
  number: 14,
  says: 'To manage retries, disable auto-commit and control offset commits manually',
  verdict: 'wrong',
  happens:
    'A message that is not committed does not come back: the next one comes. It returns after a restart or a rebalance ' +
    'only, and the commit of a later message settles it, too, as if it had been handled.',
  why: 'A commit is a position in a partition, from which a consumer starts. While it runs it goes by its own.',
  right:
    'To try again, throw. To go on, send it to a retry topic or a dead letter, await the broker’s answer, then commit ' +
    '`String(BigInt(offset) + 1n)`.',
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
    topic = unique('claim-14');
    heard = [];
    await broker.createTopic(topic);
    await broker.send(topic, { value: 'fails' }, { value: 'fine' });
  });

  afterEach(() => service.close());

  afterAll(() => broker.close());

  const start = async (handle: (context: KafkaContext, payload: unknown) => unknown): Promise<void> => {
    const handler = hearer(topic, (payload, context) => {
      heard.push(payload);
      return handle(context, payload);
    });
    // kafkajs' number of tries, without its long pauses.
    const retry = { retries: 5, initialRetryTime: 20, maxRetryTime: 50 };
    service = await startStock(broker, topic, [handler], { run: { autoCommit: false }, consumer: { retry } });
  };

  const commit = (context: KafkaContext): Promise<void> => {
    const offset = String(BigInt(context.getMessage().offset) + 1n);
    return context.getConsumer().commitOffsets([{ topic, partition: context.getPartition(), offset }]);
  };

  const hear = (...values: string[]): Promise<void> =>
    eventually(`${values.join(', ')} are handled`, () => heard.length >= values.length);

  it('what is not committed is followed by the next message, and returns at a restart only', async () => {
    await start(() => undefined);
    await hear('fails', 'fine');
    await broker.send(topic, { value: 'last' });
    await hear('fails', 'fine', 'last');
    expect(heard).toEqual(['fails', 'fine', 'last']);
    await service.close();

    heard = [];
    await start(() => undefined);

    await hear('fails', 'fine', 'last');
    expect(heard).toEqual(['fails', 'fine', 'last']);
  });

  it('what is not committed never returns once a later message is', async () => {
    await start((context, payload) => (payload === 'fine' ? commit(context) : undefined));
    await eventually('the later one is committed', async () => (await broker.committed(topic, topic)) === 2);
    await service.close();

    await start(commit);
    await broker.send(topic, { value: 'last' });

    await eventually('the last one is committed', async () => (await broker.committed(topic, topic)) === 3);
    expect(heard).toEqual(['fails', 'fine', 'last']);
  });

  it('what throws is tried again, and committed by hand when it has succeeded', async () => {
    await start((context) => {
      if (heard.length === 1) throw new Error('the database is busy');
      return commit(context);
    });

    await eventually('both are committed', async () => (await broker.committed(topic, topic)) === 2);
    expect(heard).toEqual(['fails', 'fails', 'fine']);
  });
});
