import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { IsInt, IsString } from 'class-validator';
import { contractOf, create, Event, HandleEvent, UnrecoverableError } from '../index.js';
import { BrokerUnderTest, headerWithoutValue, type SeenRecord } from '../testing/broker-under-test.js';
import { countsBy } from '../testing/counts.js';
import { deadLettersOf } from '../testing/dead-letters.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';

const shop = uniqueService('dead');

@Event(`${shop}.thing-done.v1`, { key: 'thing', example: { thing: 'a', count: 1 }, partitions: 3 })
class ThingDone {
  @IsString() thing!: string;
  @IsInt() count!: number;
}

const { topic } = contractOf(ThingDone);

class NoSuchThing extends UnrecoverableError {}

/** What was handled, in the order of each partition. */
const handled: string[] = [];

@Controller()
class NoteThings {
  @HandleEvent(ThingDone)
  handle(@Payload() { thing }: ThingDone): void {
    if (thing === 'unrecoverable') throw new NoSuchThing('no such thing', { code: 'NO_SUCH_THING' });
    if (thing === 'mistake') (undefined as unknown as { go(): void }).go();
    handled.push(thing);
  }
}

const good = (thing: string, partition: number) => ({
  partition,
  key: thing,
  value: JSON.stringify({ thing, count: 1 }),
});
const bad = (value: Buffer | string | null, partition = 0) => ({
  partition,
  key: Buffer.from([0, 255, 128]),
  value,
  headers: { twice: ['1', '2'], binary: Buffer.from([0, 255, 254]), ce_id: 'bad', nothing: headerWithoutValue() },
});

let broker: BrokerUnderTest;
let service: ServiceUnderTest;

const settled = () => eventually('no lag', async () => (await broker.lag(shop, topic)) === 0);

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
  service = await startService({ service: shop, contracts: [ThingDone], controllers: [NoteThings] });
});

afterAll(async () => {
  await service.stop();
  await broker.close();
});

describe('records that no further attempt can help', () => {
  const values: Record<string, Buffer | string | null> = {
    notJson: '{"thing":',
    notUtf8: Buffer.from([0x22, 0xc3, 0x28, 0x22]),
    brokenContract: JSON.stringify({ thing: 7, count: 'many', secret: 'x' }),
    tombstone: null,
    unrecoverable: JSON.stringify({ thing: 'unrecoverable', count: 1 }),
    mistake: JSON.stringify({ thing: 'mistake', count: 1 }),
  };
  let originals: SeenRecord[];

  beforeAll(async () => {
    await broker.send(topic, good('before', 0), good('beside', 1));
    for (const [name, value] of Object.entries(values)) {
      await broker.send(topic, bad(value), good(`after ${name}`, 0), good(`beside ${name}`, 1));
    }
    await settled();
    originals = (await broker.read(topic)).filter(({ key }) => key?.[0] === 0);
  });

  it('become dead letters at once, with where they come from and why', async () => {
    const letters = await deadLettersOf(broker, shop);

    expect(letters.map(({ code, error, attempts }) => [code, error, attempts])).toEqual([
      ['NOT_JSON', 'NotJsonError', 0],
      ['NOT_JSON', 'NotJsonError', 0],
      ['CONTRACT_VIOLATION', 'ContractViolationError', 0],
      ['CONTRACT_VIOLATION', 'ContractViolationError', 0],
      ['NO_SUCH_THING', 'NoSuchThing', 1],
      ['TypeError', 'TypeError', 1],
    ]);
    for (const [index, letter] of letters.entries()) {
      expect(letter).toMatchObject({ topic, partition: 0, group: shop, handler: 'NoteThings.handle' });
      expect(letter.offset).toBe(BigInt(originals[index]?.offset ?? -1));
      expect(letter.timestamp).toBe(BigInt(originals[index]?.timestamp ?? -1));
    }
    expect(letters[2]?.message).toContain('thing must be a string');
    expect(letters.map(({ message }) => message).join()).not.toContain('secret');
  });

  it('keep their bytes: key, value and every header', async () => {
    const letters = await deadLettersOf(broker, shop);

    expect(originals[0]?.headers?.['nothing']).toBeNull();
    expect(letters.map(({ record }) => record.value)).toEqual(originals.map(({ value }) => value));
    expect(letters[3]?.record.value).toBeNull();
    for (const { record } of letters) {
      expect(record.key).toEqual(Buffer.from([0, 255, 128]));
      expect(record.headers).toMatchObject({
        twice: [Buffer.from('1'), Buffer.from('2')],
        binary: Buffer.from([0, 255, 254]),
        ce_id: Buffer.from('bad'),
        nothing: Buffer.alloc(0), // null in the original; kafkajs can't write it
      });
    }
  });

  it('hold up nothing: what is before, between, after and beside them is handled once, in order', () => {
    const names = Object.keys(values);

    expect(handled.filter((thing) => !thing.startsWith('beside'))).toEqual([
      'before',
      ...names.map((name) => `after ${name}`),
    ]);
    expect(handled.filter((thing) => thing.startsWith('beside'))).toEqual([
      'beside',
      ...names.map((name) => `beside ${name}`),
    ]);
  });

  it('are counted by their code', async () => {
    expect(await countsBy(service.metrics.deadLetters, 'code')).toEqual({
      NOT_JSON: 2,
      CONTRACT_VIOLATION: 2,
      NO_SUCH_THING: 1,
      TypeError: 1,
    });
  });
});

describe('a dead-letter topic that can not be written', () => {
  it('keeps the lane waiting, its offset in place and health degraded until it can', async () => {
    const letters = `${shop}.dead-letters`;
    await broker.deleteTopic(letters);
    const before = (await broker.committed(shop, topic))[0];

    await broker.send(topic, bad('no json'), good('behind', 0), good('elsewhere', 1));
    const { reasons } = await eventually('degraded', () => {
      const report = service.health.report();
      return report.status === 'degraded' && report;
    });
    await eventually('the other partition goes on', () => handled.includes('elsewhere'));
    await service.events.publish(create(ThingDone, { thing: 'published meanwhile', count: 1 }));

    expect(reasons[0]).toContain(`${letters} can't be written`);
    expect(handled).not.toContain('behind');
    expect((await broker.committed(shop, topic))[0]).toBe(before);
    await broker.createTopic(letters, 6);
    await settled();
    expect((await deadLettersOf(broker, shop)).map(({ code }) => code)).toEqual(['NOT_JSON']);
    expect(handled).toContain('behind');
    expect(service.health.report().status).toBe('ok');
  });
});

describe('a compressed record that is larger than a dead letter may be', () => {
  it('becomes a dead letter without its value, and holds nothing up', async () => {
    const key = 'too large as it is';
    const size = 2_000_000;

    await broker.sendCompressed(topic, { partition: 1, key, value: Buffer.alloc(size, 'x') });
    await broker.send(topic, good('after the large one', 1));

    await eventually('the next one is handled', () => handled.includes('after the large one'));
    await settled();
    const letters = (await broker.read(`${shop}.dead-letters`)).filter((letter) => String(letter.key) === key);
    expect(letters).toHaveLength(1);
    expect(letters[0]?.value).toBeNull();
    expect(String(letters[0]?.headers?.['dead-letter-value-dropped'])).toBe(String(size));
    expect(String(letters[0]?.headers?.['kafka_dlt-original-topic'])).toBe(topic);
  });
});
