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
/** Each request of kafkajs: the first, and its own retries. */
const TRIES = 4;

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

  const publishTen = (from: number): Promise<Published[]> =>
    Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        service.events.publish(create(ThingDone, { thing: `key-${index % 2}`, count: from + index })),
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

  it('are made up for by the client’s own retries, without a copy', async () => {
    proxy.loseProduceAnswers(TRIES - 1);
    const published = await publishTen(0);

    expect(proxy.answersToLose).toBe(0);
    expect(await timesOf(published)).toEqual(Array(10).fill(1));
    expect(await resent()).toBe(0);
  });

  it('leave one copy of that batch where the retries are used up, with the same identity, and it is counted', async () => {
    const before = await publishTen(10);
    proxy.loseProduceAnswers(TRIES);
    const published = await publishTen(20);
    const after = [await publishTen(30), await publishTen(40)].flat();

    expect(proxy.answersToLose).toBe(0);
    expect(await timesOf(published)).toEqual(Array(10).fill(2));
    expect(await timesOf([...before, ...after])).toEqual(Array(30).fill(1));
    expect(await resent()).toBe(10);
  });

  it('never change the order of the first copies of a key', async () => {
    const records = (await broker.read(topic)).sort((a, b) => Number(a.offset) - Number(b.offset));

    for (const key of [0, 1]) {
      const seen = new Set<string>();
      const first = records
        .filter((record) => String(record.key) === `key-${key}`)
        .filter((record) => {
          const isFirst = !seen.has(idOf(record));
          seen.add(idOf(record));
          return isFirst;
        });
      const counts = first.map(({ value }) => (JSON.parse(String(value)) as ThingDone).count);
      expect(counts).toEqual(Array.from({ length: 25 }, (_, index) => index * 2 + key));
    }
  });
});

/** kafkajs takes its sequence numbers back where it gives up: what comes next in that producer passes for a copy. */
describe('a request that kafkajs gave up although the broker has it', () => {
  it.each([
    ['its answers were lost', () => proxy.loseProduceAnswers(TRIES), () => undefined],
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

    // Given up by us while kafkajs is at it still, which then gives up, too.
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
