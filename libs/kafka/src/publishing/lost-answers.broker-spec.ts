import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IsInt, IsString } from 'class-validator';
import { KafkaConnection, ProducerSession, withDefaults } from '../client/index.js';
import { contractOf, create, Event, OutcomeUnknownError, type Published } from '../index.js';
import { BrokerUnderTest, type SeenRecord } from '../testing/broker-under-test.js';
import { type BrokerProxy, startBrokerProxy } from '../testing/broker-proxy.js';
import { eventually } from '../testing/eventually.js';
import { type OwnBroker, startOwnBroker } from '../testing/own-broker.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';
import { Coalescer, LIMITS } from './coalescer.js';

const shop = uniqueService('loses');
@Event(`${shop}.thing-done.v1`, { key: 'thing', example: { thing: 'a', count: 1 }, partitions: 3 })
class ThingDone {
  @IsString() thing!: string;
  @IsInt() count!: number;
}

const { topic } = contractOf(ThingDone);

let own: OwnBroker;
let proxy: BrokerProxy;
let broker: BrokerUnderTest;

beforeAll(async () => {
  own = await startOwnBroker();
  proxy = await startBrokerProxy(own.kafka);
  broker = await new BrokerUnderTest([own.kafka]).connect();
});

afterAll(async () => {
  await broker?.close();
  await proxy?.close();
  await own?.remove();
});

const idOf = ({ headers }: SeenRecord): string => String(headers?.['ce_id']);

describe('answers that are lost on the way to a service', () => {
  let service: ServiceUnderTest;

  beforeAll(async () => {
    const settings = { brokers: [proxy.kafka], publishTimeoutMs: 30_000 };
    service = await startService({ service: shop, contracts: [ThingDone], settings });
  });

  afterAll(() => service.stop());

  let count = 0;

  const publishTen = (): Promise<Published[]> =>
    Promise.all(
      Array.from({ length: 10 }, () =>
        service.events.publish(create(ThingDone, { thing: `key-${count % 2}`, count: count++ })),
      ),
    );

  const resent = async (): Promise<number> => (await service.metrics.resent.get()).values[0]?.value ?? 0;

  /** Identity → how often it stands in the topic. */
  async function copies(): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for (const record of await broker.read(topic)) found.set(idOf(record), (found.get(idOf(record)) ?? 0) + 1);
    return found;
  }

  const timesOf = async (published: readonly Published[]): Promise<(number | undefined)[]> => {
    const found = await copies();
    return published.map(({ id }) => found.get(id));
  };

  it.each([
    ['once', 1],
    ['ten times in a row', 10],
  ])('are asked for again, and leave no copy: lost %s', async (_, times) => {
    const before = await publishTen();
    proxy.loseProduceAnswers(times);
    const published = await publishTen();
    const after = await publishTen();

    expect(proxy.answersToLose).toBe(0);
    expect(await timesOf([...before, ...published, ...after])).toEqual(Array(30).fill(1));
    expect(await resent()).toBe(0);
  });

  it('never change the order of a key', async () => {
    proxy.loseProduceAnswers(3);
    const published = await Promise.all([publishTen(), publishTen(), publishTen()]);

    const ids = new Set(published.flat().map(({ id }) => id));
    const records = (await broker.read(topic))
      .filter((record) => ids.has(idOf(record)))
      .sort((a, b) => Number(a.offset) - Number(b.offset));
    for (const key of [0, 1]) {
      const counts = records
        .filter((record) => String(record.key) === `key-${key}`)
        .map(({ value }) => (JSON.parse(String(value)) as ThingDone).count);
      expect(counts).toHaveLength(15);
      expect(counts).toEqual([...counts].sort((a, b) => a - b));
    }
  });
});

/** A sequence number that is used twice: what comes next passes for a copy, is acknowledged, and not written. */
describe('a request that was given up although the broker has it', () => {
  it.each([
    ['its answers were lost', () => proxy.loseProduceAnswers(2), () => undefined],
    ['the broker stood still', () => own.pause(), () => own.resume()],
  ])('takes nothing with it that is acknowledged later: %s', async (situation, begin, end) => {
    const name = `${topic}.${situation.replaceAll(' ', '-')}`;
    await broker.createTopic(name, 1);
    const settings = withDefaults({ brokers: [proxy.kafka], publishTimeoutMs: 1_000 });
    const connection = new KafkaConnection(shop, settings, 'random');
    const requests: Promise<void>[] = [];
    const connect = async () => {
      const session = await ProducerSession.connect(connection);
      return {
        send: (records: Parameters<ProducerSession['send']>[0]) => {
          const sent = session.send(records);
          requests.push(sent);
          return sent;
        },
        close: () => session.close(),
      };
    };
    const sender = new Coalescer(connect, { resent: () => undefined }, { ...LIMITS, timeoutMs: 300 });
    const send = (value: string) =>
      sender.send({ topic: name, partition: 0, key: null, value: Buffer.from(value), headers: {} });
    const acknowledged: string[] = [];
    /** A loaded machine may take longer than these 300 ms; one that is rejected is no matter here. */
    const sendUntilAcknowledged = async (from: string) => {
      const value = await eventually(from, async () => {
        const next = `${from}-${requests.length}`;
        return await send(next).then(
          () => next,
          () => undefined,
        );
      });
      acknowledged.push(value);
    };
    await sendUntilAcknowledged('before');

    await begin();
    await expect(send('in doubt')).rejects.toThrow(OutcomeUnknownError);
    await Promise.allSettled(requests);
    await end();
    for (const value of ['one', 'two', 'three']) await sendUntilAcknowledged(value);

    const values = (await broker.read(name)).map(({ value }) => String(value));
    expect(values).toEqual(expect.arrayContaining(acknowledged));
    await sender.close();
  });
});
