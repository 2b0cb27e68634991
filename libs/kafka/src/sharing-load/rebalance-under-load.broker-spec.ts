import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as work } from 'node:timers/promises';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { countsBy } from '../testing/counts.js';
import { deadLettersOf } from '../testing/dead-letters.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';
import { account, type Handled, type HandleThing, type Things, thingsOf, ThingStream } from '../testing/things.js';

const PARTITIONS = 6;

let shop: string;
let things: Things;
let broker: BrokerUnderTest;
let handled: Handled[];
let running: Map<number, ServiceUnderTest>;

async function start(replica: number, handle: HandleThing, settings: object = {}): Promise<ServiceUnderTest> {
  const controller = things.controller(async (call, signal) => {
    await handle(call, signal);
    handled.push({ replica, ...call });
  });
  const service = await startService({
    service: shop,
    contracts: [things.contract],
    controllers: [controller],
    settings: { replica, heartbeatMs: 100, ...settings },
  });
  running.set(replica, service);
  return service;
}

async function stop(replica: number): Promise<void> {
  await running.get(replica)?.stop();
  running.delete(replica);
}

/** Who has which partition, when all members have joined and every partition has an owner. */
const shares = (): Promise<Record<string, string[]>> =>
  eventually('every partition has an owner', async () => {
    const now = await broker.assignments(shop);
    const complete = Object.keys(now).length === running.size && Object.values(now).flat().length === PARTITIONS;
    return complete && now;
  });

const counts = (owners: Record<string, string[]>): number[] => Object.values(owners).map(({ length }) => length);
const settled = () => eventually('no lag', async () => (await broker.lag(shop, things.topic)) === 0);

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
});

beforeEach(() => {
  shop = uniqueService('rebalanced');
  things = thingsOf(shop, PARTITIONS);
  handled = [];
  running = new Map();
});

afterEach(() => Promise.all([...running.keys()].map(stop)));

afterAll(() => broker.close());

describe('a group under load', () => {
  it('loses nothing and handles nothing twice in ten joins and leaves', async () => {
    const join = (replica: number) => start(replica, () => work(50));
    await Promise.all([join(1), join(2)]);
    // As fast as six lanes can take it: each has something in hand and something in its queue, all the time.
    const stream = new ThingStream(broker, things.topic, PARTITIONS, 50).start();
    const steps = [join, stop, join, join, stop, stop, join, stop, join, stop];
    const who = [3, 1, 4, 5, 2, 3, 6, 4, 7, 5];
    for (const [index, step] of steps.entries()) {
      const before = handled.length;
      await step(who[index] ?? 0);
      await shares();
      await eventually('it goes on', () => handled.length > before + 2 * PARTITIONS);
    }
    await stream.stop();
    await settled();

    expect(account(stream.sent, handled)).toEqual({ lost: [], again: [] });
    expect(new Set(handled.map(({ replica }) => replica))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7]));
  });

  it('moves only what balance needs', async () => {
    await Promise.all([start(1, () => undefined), start(2, () => undefined)]);
    const two = await shares();
    await start(3, () => undefined);
    const three = await shares();
    await stop(3);
    const again = await shares();

    expect([counts(two), counts(three), counts(again)]).toEqual([
      [3, 3],
      [2, 2, 2],
      [3, 3],
    ]);
    for (const replica of [`${shop}-1`, `${shop}-2`]) {
      expect(two[replica]).toEqual(expect.arrayContaining(three[replica] ?? []));
      expect(again[replica]).toEqual(expect.arrayContaining(three[replica] ?? []));
    }
  });
});

describe('a handler that takes longer than partitions wait for it', () => {
  it('is told by its signal; only its event is handled again, and its own outcome is ignored', async () => {
    const told: number[] = [];
    const slow: { partition: number; end: (error?: Error) => void }[] = [];
    const one = await start(
      1,
      ({ thing, partition }, signal) => {
        if (!thing.startsWith('slow')) return;
        signal.addEventListener('abort', () => told.push(partition));
        return new Promise((resolve, reject) => {
          slow.push({ partition, end: (error) => (error ? reject(error) : resolve()) });
        });
      },
      // A failure that counted would be a dead letter at once.
      { drainMs: 50, retryPausesMs: [] },
    );
    const send = (...names: string[]) =>
      broker.send(
        things.topic,
        ...Array.from({ length: PARTITIONS }, (_, partition) =>
          names.map((name) => ({ partition, value: JSON.stringify({ thing: `${name} ${partition}` }) })),
        ).flat(),
      );
    await send('quick', 'slow', 'waiting');
    await eventually('all are at it', () => slow.length === PARTITIONS);

    await start(2, () => undefined);
    const moved = ((await shares())[`${shop}-2`] ?? []).map((name) => Number(name.split('/').at(-1)));
    await eventually('the other one has done it', () => handled.filter(({ replica }) => replica === 2).length === 6);
    for (const { partition, end } of slow) end(moved.includes(partition) ? new Error('too late') : undefined);
    await send('sentinel');
    await settled();

    const names = (replica: number) => handled.filter((call) => call.replica === replica).map(({ thing }) => thing);
    const ofEach = (partitions: number[], ...kinds: string[]) =>
      partitions.flatMap((p) => kinds.map((k) => `${k} ${p}`));
    const all = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    const kept = all.filter((partition) => !moved.includes(partition));
    expect(moved).toHaveLength(3);
    expect(told.sort()).toEqual(moved);
    expect(names(2).sort()).toEqual(ofEach(moved, 'slow', 'waiting', 'sentinel').sort());
    expect(names(1).sort()).toEqual([...ofEach(all, 'quick'), ...ofEach(kept, 'slow', 'waiting', 'sentinel')].sort());
    expect(slow).toHaveLength(PARTITIONS); // what failed too late was not tried again
    expect(await countsBy(one.metrics.deadLetters, 'code')).toEqual({});
    expect(await deadLettersOf(broker, shop)).toEqual([]);
  });
});
