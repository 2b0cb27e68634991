import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import kafkajs, { type Transaction } from 'kafkajs';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { countsBy } from '../testing/counts.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';
import { type Handled, type HandleThing, type Things, thingsOf } from '../testing/things.js';

let broker: BrokerUnderTest;
let shop: string;
let things: Things;
let handled: Omit<Handled, 'replica'>[];
let warnings: string[];
let running: ServiceUnderTest[];

const logger = {
  log: () => undefined,
  error: (line: string) => warnings.push(line),
  warn: (line: string) => warnings.push(line),
};

async function start(handle: HandleThing = () => undefined): Promise<ServiceUnderTest> {
  const controller = things.controller(async (call, signal) => {
    await handle(call, signal);
    handled.push(call);
  });
  const service = await startService({
    service: shop,
    contracts: [things.contract],
    controllers: [controller],
    settings: { heartbeatMs: 100, commitMs: 50 },
    logger,
  });
  running.push(service);
  return service;
}

const value = (thing: string): string => JSON.stringify({ thing });
const names = (): string[] => handled.map(({ thing }) => thing);
const settled = () => eventually('no lag', async () => (await broker.lag(shop, things.topic)) === 0);
const send = (partition: number, ...sent: string[]) =>
  broker.send(things.topic, ...sent.map((thing) => ({ partition, value: value(thing) })));

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
});

beforeEach(() => {
  shop = uniqueService('positioned');
  things = thingsOf(shop, 2);
  handled = [];
  warnings = [];
  running = [];
});

afterEach(() => Promise.all(running.map((service) => service.stop())));

afterAll(() => broker.close());

describe('a topic that grows under a consumer', () => {
  it('loses nothing of what its new partitions held before the group knew of them', async () => {
    await start();
    await send(0, 'before');
    await settled();

    await broker.growTopic(things.topic, 4);
    await send(2, 'in the third');
    await send(3, 'in the fourth');
    await settled();

    expect(names()).toEqual(['before', expect.stringContaining('in the'), expect.stringContaining('in the')]);
  });
});

describe('how far a group is behind', () => {
  it('is counted by topic while a handler is slow, and comes to nothing when it is through; deleted records do not wait', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await broker.createTopic(things.topic, 2);
    await send(0, 'deleted', 'held', '1');
    await send(1, '2');
    await broker.deleteRecords(things.topic, 0, 1);
    const { metrics } = await start(({ thing }) => (thing === 'held' ? held : undefined));
    await eventually('the other partition is handled', () => names().includes('2'));

    expect(await countsBy(metrics.lag, 'topic')).toEqual({ [things.topic]: 2 });
    await send(0, '3', '4');
    expect(await countsBy(metrics.lag, 'topic')).toEqual({ [things.topic]: 4 });

    release();
    await settled();
    expect(await countsBy(metrics.lag, 'topic')).toEqual({ [things.topic]: 0 });
  });
});

describe('records that are deleted before the group has read them', () => {
  const vanished = (from: number, to: number): string =>
    `${things.topic}/0: records ${from} to ${to} were deleted before they were read.`;

  it('are told at the next start, which goes on where the log begins now', async () => {
    const service = await start();
    await send(0, '0', '1', '2');
    await settled();
    await service.stop();
    await send(0, '3', '4', '5', '6', '7');
    await broker.deleteRecords(things.topic, 0, 6);

    const { metrics } = await start();
    await settled();

    expect(names()).toEqual(['0', '1', '2', '6', '7']);
    expect(warnings).toEqual([vanished(3, 5)]);
    expect(await countsBy(metrics.vanished, 'topic')).toEqual({ [things.topic]: 3 });
  });

  it('are told by a service that runs, and is behind', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const { metrics } = await start(({ thing }) => (thing === '0' ? held : undefined));
    // More than may wait: the rest stays in the log.
    const large = 'x'.repeat(900_000);
    const sent = Array.from({ length: 30 }, (_, index) => `${index}${index > 0 ? large : ''}`);
    for (const thing of sent) await send(0, thing);
    await broker.deleteRecords(things.topic, 0, 28);

    release();
    await settled();

    const seen = handled.map(({ offset }) => offset);
    const last = seen.filter((offset) => offset < 28).at(-1) ?? -1;
    expect(last).toBeLessThan(27);
    expect(seen).toEqual([...Array.from({ length: last + 1 }, (_, offset) => offset), 28, 29]);
    expect(warnings).toEqual([vanished(last + 1, 27)]);
    expect(await countsBy(metrics.vanished, 'group')).toEqual({ [shop]: 27 - last });
  });
});

describe('a topic that a foreign producer writes in transactions', () => {
  const begin = async (): Promise<Transaction> => {
    const { DefaultPartitioner: createPartitioner } = kafkajs.Partitioners;
    const transactionalId = `${shop}-${Math.random()}`;
    const producer = broker.kafka.producer({ transactionalId, maxInFlightRequests: 1, createPartitioner });
    await producer.connect();
    open.push(() => producer.disconnect());
    return producer.transaction();
  };
  const write = (transaction: Transaction, ...sent: string[]) =>
    transaction.send({ topic: things.topic, messages: sent.map((thing) => ({ partition: 0, value: value(thing) })) });
  let open: (() => Promise<void>)[] = [];
  /** The broker says that a transaction is committed before its records may be read: no lag is not yet the end. */
  const readTo = (end: number) =>
    eventually(`all before ${end} is read`, async () => (await broker.committed(shop, things.topic))[0] === end);

  afterEach(async () => {
    await Promise.all(open.map((close) => close()));
    open = [];
  });

  it('is read without what was aborted, to its end: the lag reaches 0', async () => {
    await start();
    const first = await begin();
    await write(first, 'c1', 'c2');
    await first.commit();
    const second = await begin();
    await write(second, 'a1', 'a2', 'a3');
    await second.abort();
    await readTo(7); // with the control records
    await send(0, 'n1');
    const third = await begin();
    await write(third, 'c3');
    await third.commit();
    await readTo(10);

    expect(names()).toEqual(['c1', 'c2', 'n1', 'c3']);
    expect(await broker.lag(shop, things.topic)).toBe(0);
  });

  it('waits behind an open transaction, and other partitions do not', async () => {
    await start();
    const transaction = await begin();
    await write(transaction, 'open');
    await send(0, 'behind it');
    await send(1, 'sentinel');
    await eventually('the sentinel', () => names().includes('sentinel'));
    expect(names()).toEqual(['sentinel']);

    await transaction.commit();
    await readTo(3);

    expect(names()).toEqual(['sentinel', 'open', 'behind it']);
  });
});

describe('a compacted topic', () => {
  it('is read across its gaps', async () => {
    const compact = { 'cleanup.policy': 'compact', 'segment.ms': '100', 'min.cleanable.dirty.ratio': '0.01' };
    await broker.createTopic(things.topic, 2, { ...compact, 'min.compaction.lag.ms': '0' });
    let last = 0;
    const sendBoth = () =>
      broker.send(things.topic, ...['a', 'b'].map((key) => ({ partition: 0, key, value: value(`${key}${++last}`) })));
    const service = await start();
    await sendBoth();
    await settled();
    await service.stop();
    const [from = 0] = await broker.committed(shop, things.topic);
    await eventually('what comes next is compacted away', async () => {
      await sendBoth();
      const offsets = (await broker.read(things.topic)).map(({ offset }) => Number(offset));
      return last > from + 2 && !offsets.includes(from) && !offsets.includes(from + 1);
    });
    await broker.send(things.topic, { partition: 0, key: 'last', value: value('last') });
    await start();
    await settled();

    expect(names().at(-1)).toBe('last');
    expect(handled.map(({ offset }) => offset)).not.toContain(from);
    expect(warnings).toEqual([]);
  });
});
