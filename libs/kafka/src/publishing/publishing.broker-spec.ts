import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { IsInt, IsOptional, IsString } from 'class-validator';
import {
  contractOf,
  create,
  currentCorrelationId,
  Event,
  EventPublisher,
  HandleEvent,
  NotPublishedError,
  repliesWith,
  Request,
} from '../index.js';
import { BrokerAdmin, KafkaConnection, ProducerSession, withDefaults } from '../client/index.js';
import { brokers } from '../testing/brokers.js';
import { BrokerUnderTest, type SeenRecord } from '../testing/broker-under-test.js';
import { countsBy } from '../testing/counts.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';
import { Coalescer } from './coalescer.js';
import { partitionOf } from './partition-of.js';
import { RecordSender } from './record-sender.js';
import { TopicDirectory } from './topic-directory.js';

const shop = uniqueService('says');
const neighbour = uniqueService('neighbour');

@Event(`${shop}.thing-done.v1`, { key: 'thing', example: { thing: 'a', count: 1 }, partitions: 3 })
class ThingDone {
  @IsString() thing!: string;
  @IsInt() count!: number;
  @IsOptional() @IsString() text?: string;
}

/** Its topic is deleted after the start. */
@Event(`${shop}.thing-lost.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 1 })
class ThingLost {
  @IsString() thing!: string;
}

@Event(`${neighbour}.thing-done.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 1 })
class ThingDoneElsewhere {
  @IsString() thing!: string;
}

/** Its topic takes small batches only. */
@Event(`${shop}.note-taken.v1`, { key: 'note', example: { note: 'a', text: '' }, partitions: 1 })
class NoteTaken {
  @IsString() note!: string;
  @IsString() text!: string;
}

@Request(`${shop}.do-thing.v1`, { reply: ThingDone, example: { thing: 'a' }, partitions: 1 })
class DoThing {
  declare readonly [repliesWith]: ThingDone;
  @IsString() thing!: string;
}

const contracts = [ThingDone, ThingLost, ThingDoneElsewhere, NoteTaken, DoThing];
const { topic } = contractOf(ThingDone);

const inside: (string | undefined)[] = [];

@Controller()
class SayNext {
  constructor(private readonly events: EventPublisher) {}

  @HandleEvent(ThingDone)
  async handle(@Payload() { thing, count }: ThingDone): Promise<void> {
    if (thing !== 'cause' || count > 1) return;
    inside.push(currentCorrelationId());
    await this.events.publish(create(ThingDone, { thing, count: count + 1 }));
  }
}

let broker: BrokerUnderTest;
let service: ServiceUnderTest;

const publish = (thing: string, count = 1, text?: string) =>
  service.events.publish(create(ThingDone, { thing, count, ...(text === undefined ? {} : { text }) }));

const recordsOf = async (thing: string, name = topic): Promise<SeenRecord[]> =>
  (await broker.read(name))
    .filter(({ key }) => String(key) === thing)
    .sort((a, b) => Number(a.offset) - Number(b.offset));

const countOf = ({ value }: SeenRecord): number => (JSON.parse(String(value)) as ThingDone).count;

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
  await broker.createTopic(contractOf(NoteTaken).topic, 1, { 'max.message.bytes': '10000' });
  service = await startService({ service: shop, contracts, controllers: [SayNext] });
});

afterAll(async () => {
  await service.stop();
  await broker.close();
});

describe('a published event', () => {
  it('is where it says, with its key, its JSON and its headers', async () => {
    const time = new Date('2026-01-02T03:04:05.678Z');
    const published = await service.events.publish(create(ThingDone, { thing: 'kettle', count: 3 }), {
      id: 'id-1',
      time,
    });

    expect(published).toEqual({ id: 'id-1', topic, partition: partitionOf(Buffer.from('kettle'), 3) });
    const [record] = await recordsOf('kettle');
    expect(record).toMatchObject({ partition: published.partition });
    expect(String(record?.value)).toBe('{"thing":"kettle","count":3}');
    expect(
      Object.fromEntries(Object.entries(record?.headers ?? {}).map(([name, value]) => [name, String(value)])),
    ).toEqual({
      ce_specversion: '1.0',
      ce_id: 'id-1',
      ce_type: topic,
      ce_source: `/${shop}`,
      ce_time: time.toISOString(),
      'content-type': 'application/json',
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
      'correlation-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it('has an identity of its own where none is given', async () => {
    const [one, two] = await Promise.all([publish('same'), publish('same')]);

    expect(one.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(one.id).not.toBe(two.id);
  });

  it('goes on with the correlation id and the trace of the event whose handler says it', async () => {
    await publish('cause');

    const [cause, effect] = await eventually('cause and effect', async () => {
      const found = await recordsOf('cause');
      return found.length === 2 && found;
    });
    const header = (record: SeenRecord | undefined, name: string): string => String(record?.headers?.[name]);
    expect(header(effect, 'correlation-id')).toBe(header(cause, 'correlation-id'));
    expect(inside).toEqual([header(cause, 'correlation-id')]);
    const [, trace, span] = header(cause, 'traceparent').split('-');
    expect(header(effect, 'traceparent').split('-')[1]).toBe(trace);
    expect(header(effect, 'traceparent').split('-')[2]).not.toBe(span);
  });
});

describe('events that can not be published', () => {
  it('fail alone, each with its reason, and their neighbours of the same turn go through in order', async () => {
    await broker.deleteTopic(contractOf(ThingLost).topic);
    const outcomes = await Promise.allSettled([
      publish('good', 0),
      publish('large', 0, 'x'.repeat(1_100_000)),
      publish('good', 1),
      service.events.publish(create(ThingLost, { thing: 'lost' })),
      publish('good', 2),
      service.events.publish(create(ThingDoneElsewhere, { thing: 'not ours' })),
      publish('good', 3),
      publish('', 0),
      publish('good', 4),
      publish('broken', 'many' as unknown as number),
      publish('good', 5),
      service.events.publish(create(DoThing, { thing: 'a request' })),
      publish('good', 6),
      service.events.publish(create(ThingDone, { thing: 'bad id', count: 0 }), { id: 7 as unknown as string }),
      publish('good', 7),
      service.events.publish(create(ThingDone, { thing: 'bad time', count: 0 }), { time: new Date('never') }),
      publish('good', 8),
    ]);

    const failures = outcomes
      .filter((outcome) => outcome.status === 'rejected')
      .map(({ reason }: { reason: NotPublishedError }) => [reason.reason ?? reason.code, reason.message]);
    expect(failures).toEqual([
      ['TOO_LARGE', expect.stringContaining(`with key large is too large for ${topic}, which takes 1048588`)],
      ['UNKNOWN_TOPIC', `Topic ${shop}.thing-lost.v1 does not exist, or this service may not see it.`],
      ['REFUSED', `${shop} can't say ThingDoneElsewhere: it belongs to ${neighbour}.`],
      ['INVALID_KEY', `ThingDone.thing is the key in ${topic}, a text is needed: it is empty.`],
      ['CONTRACT_VIOLATION', expect.stringContaining('count must be an integer number')],
      ['REFUSED', "DoThing is a request: ask it, don't publish it."],
      ['INVALID_HEADER', `An event for ${topic} can't have an id of type number.`],
      ['INVALID_HEADER', `An event for ${topic} can't have a time that is no valid Date.`],
    ]);
    expect((await recordsOf('good')).map(countOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await recordsOf('large')).toEqual([]);
  });

  it('are counted by what became of them', async () => {
    expect(await countsBy(service.metrics.published, 'result')).toMatchObject({
      TOO_LARGE: 1,
      UNKNOWN_TOPIC: 1,
      REFUSED: 2,
      INVALID_KEY: 1,
      INVALID_HEADER: 2,
      CONTRACT_VIOLATION: 1,
    });
  });

  it('are published again as soon as their topic is there', async () => {
    await broker.createTopic(contractOf(ThingLost).topic, 1);

    const published = await eventually('published', () =>
      service.events.publish(create(ThingLost, { thing: 'found' })).catch(() => undefined),
    );

    expect(published.topic).toBe(contractOf(ThingLost).topic);
  });
});

/** What no event is: dead letters, replies and an outbox give records as they are. */
describe('records that can not be sent', () => {
  it('fail alone, each with its reason, and their neighbours of the same turn go through in order', async () => {
    const connection = new KafkaConnection(shop, withDefaults({ brokers: brokers() }), 'random');
    const admin = new BrokerAdmin(connection);
    const coalescer = new Coalescer(() => ProducerSession.connect(connection), { resent: () => undefined });
    const sender = new RecordSender(new TopicDirectory(admin), coalescer);
    const send = (value: string, wrong: object = {}) =>
      sender.send({ topic, key: Buffer.from('records'), value: Buffer.from(value), headers: {}, ...wrong });

    const outcomes = await Promise.allSettled([
      send('0'),
      send('wrong', { partition: 99 }),
      send('1'),
      send('wrong', { key: 7 }),
      send('2'),
      send('wrong', { headers: { attempt: 1 } }),
      send('3'),
      send('wrong', { value: { plain: 'object' } }),
      send('4'),
    ]);

    expect(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))).toEqual([
      new NotPublishedError(
        'UNKNOWN_PARTITION',
        `Topic ${topic} has no partition 99 for a record with key records: it has 0 to 2.`,
      ),
      new NotPublishedError('INVALID_KEY', `The key of a record for ${topic} is of type number; bytes are needed.`),
      new NotPublishedError(
        'INVALID_HEADER',
        `Header attempt of a record for ${topic} is of type number; bytes are needed.`,
      ),
      new NotPublishedError('INVALID_VALUE', `The value of a record for ${topic} is of type object; bytes are needed.`),
    ]);
    expect((await recordsOf('records')).map(({ value }) => String(value))).toEqual(['0', '1', '2', '3', '4']);
    await sender.close();
    await admin.close();
  });
});

describe('many events that nobody awaits', () => {
  it('stand in the order of the calls for each key, once each', async () => {
    const calls = Array.from({ length: 2_000 }, (_, call) => publish(`key-${call % 20}`, call));
    await Promise.all(calls);

    const records = await broker.read(topic);
    for (let key = 0; key < 20; key++) {
      const found = records
        .filter((record) => String(record.key) === `key-${key}`)
        .sort((a, b) => Number(a.offset) - Number(b.offset));
      expect(new Set(found.map(({ partition }) => partition)).size).toBe(1);
      expect(found.map(countOf)).toEqual(Array.from({ length: 100 }, (_, index) => index * 20 + key));
    }
  });

  it('are not held back by a topic that takes small batches only', async () => {
    const text = 'x'.repeat(1_000);
    await Promise.all(
      Array.from({ length: 100 }, (_, note) => service.events.publish(create(NoteTaken, { note: `${note}`, text }))),
    );

    const notes = (await broker.read(contractOf(NoteTaken).topic)).map(({ key }) => String(key));
    expect(notes).toEqual(Array.from({ length: 100 }, (_, note) => `${note}`));
    expect((await service.metrics.resent.get()).values[0]?.value ?? 0).toBe(0);
  });

  it('may be small and large: no batch of a partition is larger than its topic takes', async () => {
    const large = 'x'.repeat(800_000);
    const calls = Array.from({ length: 300 }, (_, call) => publish('mixed', call, call % 50 === 25 ? large : 'small'));

    await Promise.all(calls);

    expect((await recordsOf('mixed')).map(countOf)).toEqual(Array.from({ length: 300 }, (_, call) => call));
    expect((await service.metrics.resent.get()).values[0]?.value ?? 0).toBe(0);
  });
});

describe('a service that stops', () => {
  it('sends what was published, and refuses what comes later', async () => {
    const other = await startService({ service: shop, contracts, controllers: [] });

    const published = other.events.publish(create(ThingDone, { thing: 'the last word', count: 1 }));
    await other.stop();

    await published;
    expect(await recordsOf('the last word')).toHaveLength(1);
    await expect(other.events.publish(create(ThingDone, { thing: 'too late', count: 1 }))).rejects.toMatchObject({
      reason: 'CLOSED',
    });
  });
});
