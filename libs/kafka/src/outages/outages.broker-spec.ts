import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { IsString } from 'class-validator';
import { contractOf, DependencyDownError, Event, HandleEvent, type KafkaSettings } from '../index.js';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { deadLettersOf } from '../testing/dead-letters.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';

const shop = uniqueService('outage');

@Event(`${shop}.thing-done.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 3 })
class ThingDone {
  @IsString() thing!: string;
}

@Event(`${shop}.thing-made.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 1 })
class ThingMade {
  @IsString() thing!: string;
}

const { topic } = contractOf(ThingDone);
const { topic: madeTopic } = contractOf(ThingMade);
const RETRY_TOPIC = `${shop}.retry.1s`;

/** Of all calls, in their order, and of those that ended well. */
let begun: string[] = [];
let done: string[] = [];
let failure: ((thing: string) => Error | undefined) | undefined;

function note(thing: string): void {
  begun.push(thing);
  const error = failure?.(thing);
  if (error) throw error;
  done.push(thing);
}

@Controller()
class NoteThings {
  @HandleEvent(ThingDone)
  handle(@Payload() { thing }: ThingDone): void {
    note(thing);
  }
}

@Controller()
class NoteSideBySide {
  @HandleEvent(ThingMade, { concurrency: 16 })
  handle(@Payload() { thing }: ThingMade): void {
    note(thing);
  }
}

let broker: BrokerUnderTest;
let service: ServiceUnderTest;

async function start(settings: Partial<KafkaSettings> = {}): Promise<void> {
  const controllers = [NoteThings, NoteSideBySide];
  const contracts = [ThingDone, ThingMade];
  service = await startService({
    service: shop,
    contracts,
    controllers,
    retryDelaysMs: [1_000],
    settings: { retryPausesMs: [1, 1], ...settings },
  });
}

/** `0:a` is a thing called `0:a` in partition 0, with that key. */
const send = (to: string, ...things: string[]) =>
  broker.send(
    to,
    ...things.map((thing) => ({ partition: Number(thing[0]), key: thing, value: JSON.stringify({ thing }) })),
  );

const settled = (name: string) => eventually('no lag', async () => (await broker.lag(shop, name)) === 0);
const inPartition = (partition: number, things: readonly string[]) =>
  things.filter((thing) => thing.startsWith(`${partition}:`));

/** Records of the retry topic that an earlier spec left are none of this one's. */
async function retried(): Promise<string[]> {
  const records = await broker.read(RETRY_TOPIC);
  return records.map(({ key }) => String(key)).filter((key) => sent.has(key));
}

const sent = new Set<string>();
let round = 0;

/** Things that no other spec has. */
function things(...names: string[]): string[] {
  round++;
  const all = names.map((name) => `${name}-${round}`);
  for (const name of all) sent.add(name);
  return all;
}

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
});
beforeEach(() => {
  begun = [];
  done = [];
  sent.clear();
  failure = undefined;
});
afterEach(() => service.stop());
afterAll(() => broker.close());

describe('a handler that handles some keys side by side and lacks a dependency', () => {
  it('stops the whole lane: one asks, the others wait, and nothing behind them begins', async () => {
    failure = () => new DependencyDownError('the provider');
    const first = things(...Array.from({ length: 16 }, (_, index) => `0:${index}`));
    const behind = things(...Array.from({ length: 16 }, (_, index) => `0:behind-${index}`));
    await start();

    await send(madeTopic, ...first, ...behind);
    await eventually('three calls of one', () => begun.filter((thing) => thing === begun[0]).length >= 3);
    const asked = begun.length;
    failure = undefined;
    await settled(madeTopic);

    // Of those that had begun each failed once, and the one that asks did it again and again.
    expect(asked).toBeLessThanOrEqual(16 + 3);
    expect([...new Set(begun.slice(0, asked))].sort()).toEqual([...first].sort());
    expect([...done].sort()).toEqual([...first, ...behind].sort());
    expect(await retried()).toEqual([]);
  });
});

describe('messages that all fail alike', () => {
  it('stay in their lanes, whose health says why, and are handled in order when that is over', async () => {
    failure = (thing) => new Error(`no answer for ${thing}`);
    const names = things(...['a', 'b', 'c', 'd'].flatMap((name) => [0, 1, 2].map((lane) => `${lane}:${name}`)));
    await start();

    await send(topic, ...names);
    await eventually('each lane waits', () =>
      [0, 1, 2].every((lane) => begun.filter((thing) => thing === names[lane]).length >= 5),
    );
    const { status, reasons } = service.health.report();
    expect([status, reasons[0]]).toEqual(['degraded', expect.stringContaining('messages fail alike')]);
    expect(await broker.lag(shop, topic)).toBe(names.length);
    failure = undefined;
    await settled(topic);

    for (const lane of [0, 1, 2]) expect(inPartition(lane, done)).toEqual(inPartition(lane, names));
    expect(await retried()).toEqual([]);
    expect((await deadLettersOf(broker, shop)).filter(({ topic: of }) => of === topic)).toEqual([]);
    expect(service.health.report()).toMatchObject({ status: 'ok', reasons: [] });
  });

  it('stay also where there is one lane only', async () => {
    failure = () => new Error('no answer');
    const names = things('0:a', '0:b', '0:c', '0:d');
    await start();

    await send(topic, ...names);
    await eventually('it waits', () => begun.filter((thing) => thing === names[0]).length >= 5);
    failure = undefined;
    await settled(topic);

    expect(done).toEqual(names);
    expect(await retried()).toEqual([]);
  });

  it('go through the retry topics where a service does not want to guess', async () => {
    failure = () => new Error('no answer');
    const names = things('0:a', '0:b', '0:c');
    await start({ breaker: false });

    await send(topic, ...names);
    await settled(topic);

    expect((await retried()).sort()).toEqual(names);
  });
});

describe('some messages that fail while others are handled', () => {
  it('go through the retry topics, however many there are in a row', async () => {
    failure = (thing) => (thing.includes('bad') ? new Error('no such sku') : undefined);
    const names = things('0:bad1', '0:bad2', '0:bad3', '0:bad4', '0:good');
    await start();

    await send(topic, ...names);
    await settled(topic);

    expect(done.filter((thing) => sent.has(thing))).toEqual([names[4]]);
    expect((await retried()).sort()).toEqual(names.slice(0, 4));
    expect(service.health.report().status).toBe('ok');
  });

  it('leave the order of each key as it was', async () => {
    failure = (thing) => (thing.includes('bad') ? new Error('no such sku') : undefined);
    const [bad = '', good = ''] = things('0:bad', '0:good');
    await start();

    const record = (thing: string, key: string) => ({ partition: 0, key, value: JSON.stringify({ thing }) });
    await broker.send(topic, record(bad, 'one'), record(`${good}-1`, 'one'), record(`${good}-2`, 'two'));
    await settled(topic);

    // The other key was tried while nobody knew what the first one lacks.
    expect(done).toEqual([`${good}-2`, `${good}-1`]);
  });
});
