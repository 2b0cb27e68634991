import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer, startStock, type StockService } from '../stock-service.js';

const facts = {
  number: 5,
  says: 'Who only consumes needs no injected `ClientKafka`',
  verdict: 'true',
  happens:
    'A handler hears without one. It can even send: the server has a producer, which the context of a handler gives.',
  why: '`connectMicroservice` makes a consumer and, for replies, a producer.',
  right:
    '`await context.getProducer().send({ topic, messages })` in a handler; `ClientKafka` for those who send ' +
    'outside of one.',
} as const;

claim(facts, () => {
  const [topic, other] = [unique('claim-05'), unique('claim-05-sent')];
  let broker: StockBroker;
  let service: StockService;

  beforeAll(async () => {
    broker = await StockBroker.connect();
    await Promise.all([broker.createTopic(topic), broker.createTopic(other)]);
    const handler = hearer(topic, async (payload, context) => {
      await context.getProducer().send({ topic: other, messages: [{ key: 'k', value: `heard ${String(payload)}` }] });
    });
    service = await startStock(broker, topic, [handler]);
  });

  afterAll(async () => {
    await service.close();
    await broker.close();
  });

  it('a handler hears, and sends with the producer of its context, in an app without a client', async () => {
    await broker.send(topic, { value: 'hello' });

    await eventually('it is committed', async () => (await broker.committed(topic, topic)) === 1);
    expect(await broker.records(other)).toMatchObject([{ key: 'k', value: 'heard hello' }]);
  });
});
