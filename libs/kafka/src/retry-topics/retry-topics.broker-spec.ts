import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { IsString } from 'class-validator';
import { type ConsumedRecord, type WireHeaders } from '../client/index.js';
import {
  contractOf,
  currentCorrelationId,
  currentMessage,
  DependencyDownError,
  Event,
  HandleEvent,
  type KafkaSettings,
  UnrecoverableError,
} from '../index.js';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { deadLettersOf } from '../testing/dead-letters.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';
import { retryRecord } from './retry-record.js';

const shop = uniqueService('later');

@Event(`${shop}.thing-done.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 2 })
class ThingDone {
  @IsString() thing!: string;
}

@Event(`${shop}.thing-kept.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 1 })
class ThingKept {
  @IsString() thing!: string;
}

@Event(`${shop}.thing-spread.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 1 })
class ThingSpread {
  @IsString() thing!: string;
}

const contracts = [ThingDone, ThingKept, ThingSpread];
const topic = contractOf(ThingDone).topic;
const keptTopic = contractOf(ThingKept).topic;
const spreadTopic = contractOf(ThingSpread).topic;
const DELAYS = [200, 400];

interface Call {
  readonly thing: string;
  readonly at: number;
  readonly attempt: number;
  /** `topic/partition@offset` and identity, as the handler sees them. */
  readonly message: string;
  readonly id: string;
  readonly trail: string;
}

let calls: Call[] = [];
let providerIsDown = false;

function note(thing: string): void {
  const message = currentMessage();
  calls.push({
    thing,
    at: Date.now(),
    attempt: message?.attempt ?? 0,
    message: `${message?.topic}/${message?.partition}@${message?.offset}`,
    id: message?.id ?? '',
    trail: currentCorrelationId() ?? '',
  });
}

@Controller()
class NoteThings {
  @HandleEvent(ThingDone)
  handle(@Payload() { thing }: ThingDone): void {
    note(thing);
    const attempt = currentMessage()?.attempt ?? 0;
    if (thing.startsWith('never')) throw new Error('not this one');
    if (thing.startsWith('third') && attempt < 3) throw new Error('not yet');
    if (thing.startsWith('hopeless later') && attempt > 1) throw new UnrecoverableError('no such thing any more');
    if (thing.startsWith('hopeless later')) throw new Error('not yet');
    if (thing.startsWith('provider') && attempt > 1 && providerIsDown) throw new DependencyDownError('the provider');
    if (thing.startsWith('provider') && attempt === 1) throw new Error('not yet');
  }
}

@Controller()
class KeepThings {
  @HandleEvent(ThingKept, { onFailure: 'keep-order', retryPausesMs: [1] })
  handle(@Payload() { thing }: ThingKept): void {
    note(thing);
    if (thing.startsWith('never')) throw new Error('not this one');
  }
}

@Controller()
class SpreadThings {
  @HandleEvent(ThingSpread, { delivery: 'every-replica', retryPausesMs: [1] })
  handle(@Payload() { thing }: ThingSpread): void {
    note(thing);
    if (thing.startsWith('never')) throw new Error('not this one');
  }
}

let broker: BrokerUnderTest;
let service: ServiceUnderTest;

async function start(settings: Partial<KafkaSettings> = {}, retryDelaysMs = DELAYS): Promise<void> {
  service = await startService({
    service: shop,
    contracts,
    controllers: [NoteThings, KeepThings, SpreadThings],
    retryDelaysMs,
    settings: { retryPausesMs: [], ...settings },
  });
}

const send = (...records: { thing: string; partition?: number; key?: string; headers?: Record<string, string> }[]) =>
  broker.send(
    topic,
    ...records.map(({ thing, ...facts }) => ({ partition: 0, value: JSON.stringify({ thing }), ...facts })),
  );

const callsOf = (thing: string): Call[] => calls.filter((call) => call.thing === thing);
const called = (thing: string, times: number) =>
  eventually(`${thing}, ${times} times`, () => callsOf(thing).length === times && callsOf(thing));

const retryTopics = DELAYS.map((delay) => `${shop}.retry.${delay}ms`);

/** Nothing is left to be done, in the main line and in the retry topics. */
const settled = () =>
  eventually('no lag', async () => {
    const lags = await Promise.all([
      broker.lag(shop, topic),
      ...retryTopics.map((name) => broker.lag(`${shop}.retry`, name)),
    ]);
    return lags.every((lag) => lag === 0);
  });

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
});

beforeEach(async () => {
  calls = [];
  providerIsDown = false;
  await start();
});

afterEach(() => service.stop());

afterAll(() => broker.close());

describe('an event whose handler fails for longer than its attempts in place', () => {
  it('is tried again after each delay and never before, while those behind it are handled', async () => {
    await send({ thing: 'third time', key: 'a' }, { thing: 'behind', key: 'a' });

    const [first, second, third] = await called('third time', 3);
    await settled();

    expect(calls.map(({ thing }) => thing)).toEqual(['third time', 'behind', 'third time', 'third time']);
    expect([first?.attempt, second?.attempt, third?.attempt]).toEqual([1, 2, 3]);
    expect((second?.at ?? 0) - (first?.at ?? Infinity)).toBeGreaterThanOrEqual(200);
    expect((third?.at ?? 0) - (second?.at ?? Infinity)).toBeGreaterThanOrEqual(400);
  });

  it('is the same event each time: identity, origin, correlation, key, value and headers', async () => {
    const headers = { ce_id: 'the-id', 'correlation-id': 'the-trail', own: 'header' };
    await send({ thing: 'never the same', key: 'the key', headers });
    await called('never the same', 3);
    await settled();

    const [call, ...others] = callsOf('never the same');
    expect(call).toMatchObject({ id: 'the-id', trail: 'the-trail' });
    for (const other of others) {
      expect(other).toMatchObject({ id: 'the-id', trail: 'the-trail', message: call?.message });
    }
    for (const retries of retryTopics) {
      const record = (await broker.read(retries)).find((found) => String(found.headers?.['ce_id']) === 'the-id');
      expect(record).toMatchObject({ key: Buffer.from('the key'), value: Buffer.from('{"thing":"never the same"}') });
      expect(record?.headers).toMatchObject({ own: Buffer.from('header') });
    }
  });

  it('is a dead letter after its last delay, with its first origin and all its attempts', async () => {
    await send({ thing: 'never ever' });
    await called('never ever', 3);
    await settled();

    const letter = (await deadLettersOf(broker, shop)).find(({ record }) =>
      String(record.value).includes('never ever'),
    );
    expect(letter).toMatchObject({ topic, partition: 0, group: shop, attempts: 3, message: 'not this one' });
    const sent = (await broker.read(topic)).find(({ value }) => String(value).includes('never ever'));
    expect(letter?.offset).toBe(BigInt(sent?.offset ?? -1));
    expect(letter?.record.headers).not.toHaveProperty('retry-due');
  });

  it('is a dead letter at once where it turns out hopeless', async () => {
    await send({ thing: 'hopeless later' });
    await called('hopeless later', 2);
    await settled();

    const letters = (await deadLettersOf(broker, shop)).filter(({ message }) => message === 'no such thing any more');
    expect(letters).toMatchObject([{ attempts: 2, error: 'UnrecoverableError' }]);
    expect(callsOf('hopeless later')).toHaveLength(2);
  });

  it('waits where it is while a dependency is down, and health says why', async () => {
    providerIsDown = true;
    await send({ thing: 'provider' });
    await eventually('a second try', () => callsOf('provider').length >= 2);
    await eventually('degraded', () => service.health.report().reasons.join().includes('the provider is down'));
    providerIsDown = false;
    await settled();

    const last = callsOf('provider').at(-1);
    expect(last?.attempt).toBeGreaterThanOrEqual(3);
    expect((await broker.read(`${shop}.retry.400ms`)).map(({ value }) => String(value)).join()).not.toContain(
      'provider',
    );
    expect(service.health.report().status).toBe('ok');
  });

  it('is not lost where the service stops while it waits, and tried when it is due', async () => {
    await send({ thing: 'third, after a restart' });
    const [first] = await called('third, after a restart', 1);
    await eventually('the retry is written', async () =>
      (await broker.read(`${shop}.retry.200ms`)).some(({ value }) => String(value).includes('after a restart')),
    );
    await service.stop();
    await start();
    await settled();

    const calls = callsOf('third, after a restart');
    const second = calls.find(({ attempt }) => attempt === 2);
    expect((second?.at ?? 0) - (first?.at ?? Infinity)).toBeGreaterThanOrEqual(200);
    // The one that ran while it stopped may have run once more.
    expect([...new Set(calls.map(({ attempt }) => attempt))]).toEqual([1, 2, 3]);
  });
});

describe('a service that has other delays than before', () => {
  it('finishes what it left in the retry topics of those', async () => {
    const holds = async (delay: string): Promise<boolean> =>
      (await broker.read(`${shop}.retry.${delay}`)).some(({ value }) => String(value).includes('of an older version'));
    // So long that the old version stops before it is due.
    await service.stop();
    await start({}, [1_500]);
    await send({ thing: 'third, of an older version' });
    await eventually('the retry is written', () => holds('1500ms'));
    await service.stop();

    await start({}, [1_600]);
    await called('third, of an older version', 3);
    await settled();

    expect([await holds('1500ms'), await holds('1600ms')]).toEqual([true, true]);
  });
});

describe('a handler that keeps the order', () => {
  it('lets nothing overtake, and sends nothing through retry topics', async () => {
    await broker.send(keptTopic, ...['never', 'behind'].map((thing) => ({ value: JSON.stringify({ thing }) })));
    await eventually('no lag', async () => (await broker.lag(shop, keptTopic)) === 0);

    expect(calls.map(({ thing, attempt }) => `${thing}#${attempt}`)).toEqual(['never#1', 'never#2', 'behind#1']);
    const letters = (await deadLettersOf(broker, shop)).filter((letter) => letter.topic === keptTopic);
    expect(letters).toMatchObject([{ attempts: 2, message: 'not this one' }]);
  });
});

describe('an event that every replica handles', () => {
  it('is given up by the replica that fails, and goes through no retry topic: one of all would get it', async () => {
    await broker.send(spreadTopic, ...['never', 'behind'].map((thing) => ({ value: JSON.stringify({ thing }) })));
    await called('behind', 1);

    expect(calls.map(({ thing, attempt }) => `${thing}#${attempt}`)).toEqual(['never#1', 'never#2', 'behind#1']);
    const letters = (await deadLettersOf(broker, shop)).filter((letter) => letter.topic === spreadTopic);
    expect(letters).toMatchObject([{ attempts: 2, group: expect.stringContaining(`${shop}.replica.`) }]);
  });
});

describe('what stands in a retry topic and is foreign', () => {
  const NOW = Date.now();

  /** As a service writes it, of an event that nobody has. */
  const retryOf = (thing: string, from: string, headers: WireHeaders = {}) => {
    const record: ConsumedRecord = {
      topic: from,
      partition: 0,
      offset: 7n,
      timestamp: NOW,
      key: null,
      value: Buffer.from(JSON.stringify({ thing })),
      headers: {},
      bytes: 0,
    };
    const why = { service: shop, group: shop, handler: 'Some.handle', attempts: 1, error: new Error('not yet') };
    const draft = retryRecord(record, why, 200);
    return { value: draft.value, headers: { ...draft.headers, ...headers } as Record<string, Buffer> };
  };

  it.each([
    ['attempts below 0', { 'retry-attempts': Buffer.from('-1') }, 2],
    ['attempts beyond all', { 'retry-attempts': Buffer.from('999999') }, 1_001],
    ['attempts that are no number', { 'retry-attempts': Buffer.from('many') }, 2],
    ['a due time in the year 9999', { 'retry-due': Buffer.from('253370764800000') }, 2],
    ['a due time that is no number', { 'retry-due': Buffer.from('soon') }, 2],
    ['an origin’s time beyond all dates', { 'kafka_dlt-original-timestamp': Buffer.alloc(8, 0x7f) }, 2],
  ])('is bounded: %s', async (name, headers, attempt) => {
    await broker.send(`${shop}.retry.200ms`, retryOf(`forged, ${name}`, topic, headers));

    const [call] = await called(`forged, ${name}`, 1);
    expect(call?.attempt).toBe(attempt);
    await settled();
  });

  it.each([
    ['of a topic that nobody here handles', () => retryOf('alien', `${shop}.elsewhere.v1`), 'NO_HANDLER'],
    ['of its own dead letters', () => retryOf('circle', `${shop}.dead-letters`), 'NO_HANDLER'],
    ['without headers', () => ({ value: Buffer.from('{}'), headers: {} }), 'NOT_A_RETRY'],
    [
      'of a partition below 0',
      () => retryOf('below', topic, { 'kafka_dlt-original-partition': Buffer.alloc(4, 255) }),
      'NOT_A_RETRY',
    ],
    [
      'of an offset of 3 bytes',
      () => retryOf('short', topic, { 'kafka_dlt-original-offset': Buffer.alloc(3) }),
      'NOT_A_RETRY',
    ],
  ])('is a dead letter where it is none: %s', async (_, make, code) => {
    const before = (await deadLettersOf(broker, shop)).length;

    await broker.send(`${shop}.retry.200ms`, make());
    await eventually('a dead letter', async () => (await deadLettersOf(broker, shop)).length > before);
    await settled();

    const codes = (await deadLettersOf(broker, shop)).map((letter) => letter.code);
    expect(codes.filter((found) => found === code).length).toBeGreaterThan(0);
    expect(calls).toEqual([]);
  });

  it('holds up no partition but its own', async () => {
    const partitions = 6;
    // So long that the one that waits is none of those that are handled.
    await service.stop();
    await start({}, [3_600_000]);
    await Promise.all(
      Array.from({ length: partitions }, (_, partition) =>
        broker.send(`${shop}.retry.1h`, {
          ...retryOf(`of partition ${partition}`, topic, {
            'retry-due': Buffer.from(partition === 0 ? '253370764800000' : '0'),
          }),
          partition,
        }),
      ),
    );
    await eventually('one is left', async () => (await broker.lag(`${shop}.retry`, `${shop}.retry.1h`)) === 1);

    const others = Array.from({ length: partitions - 1 }, (_, index) => `of partition ${index + 1}`);
    expect(calls.map(({ thing }) => thing).sort()).toEqual(others);
  });
});
