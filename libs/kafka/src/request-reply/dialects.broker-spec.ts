import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { IsInt, IsString } from 'class-validator';
import type { IHeaders } from 'kafkajs';
import { randomBytes } from 'node:crypto';
import {
  contractOf,
  create,
  Event,
  HandleRequest,
  repliesWith,
  Request,
  RequestError,
  UnreadableReplyError,
} from '../index.js';
import { BrokerUnderTest, headerWithoutValue, type SeenRecord } from '../testing/broker-under-test.js';
import { countsBy } from '../testing/counts.js';
import { deadLettersOf } from '../testing/dead-letters.js';
import { eventually } from '../testing/eventually.js';
import { type ForeignResponder, startForeignResponder } from '../testing/foreign-responder.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';
import { CORRELATION_ID, NEST_ERROR, NEST_IS_DISPOSED, REPLY_PARTITION, REPLY_TOPIC } from './wire.js';

const ours = uniqueService('ours');
const foreign = uniqueService('foreign');

class Doubled {
  @IsInt() doubled!: number;
}

@Request(`${ours}.double-it.v1`, { reply: Doubled, example: { number: 1 }, partitions: 2 })
class DoubleIt {
  declare readonly [repliesWith]: Doubled;
  @IsInt() number!: number;
}

@Request(`${foreign}.double-it.v1`, { reply: Doubled, example: { number: 1 }, partitions: 2 })
class DoubleItElsewhere {
  declare readonly [repliesWith]: Doubled;
  @IsInt() number!: number;
}

@Event(`${ours}.thing-done.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 1 })
class ThingDone {
  @IsString() thing!: string;
}

const requestTopic = contractOf(DoubleIt).topic;

@Controller()
class Doubles {
  @HandleRequest(DoubleIt)
  handle(@Payload() { number }: DoubleIt): Doubled {
    if (number < 0) throw new RequestError('TOO_SMALL', 'No negative numbers.');
    if (number === 0) throw new Error('password=secret');
    return create(Doubled, { doubled: number * 2 });
  }
}

let broker: BrokerUnderTest;
let service: ServiceUnderTest;

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
  await broker.createTopic(contractOf(DoubleItElsewhere).topic, 2);
  service = await startService({
    service: ours,
    contracts: [DoubleIt, DoubleItElsewhere, ThingDone],
    asks: [DoubleIt, DoubleItElsewhere],
    controllers: [Doubles],
  });
});

afterAll(async () => {
  await service.stop();
  await broker.close();
});

describe('askers of every dialect', () => {
  const replies = `${foreign}.replies`;
  const binary = randomBytes(16).fill(255, 3, 5);

  const ask = (value: string, headers: IHeaders, key: string | null = null) =>
    broker.send(requestTopic, { key, value, headers });
  const request = (number: number): string => JSON.stringify({ number });

  const replyTo = async (id: Buffer | string): Promise<SeenRecord> =>
    eventually(`the reply to ${id.toString('hex')}`, async () => {
      const seen = await broker.read(replies);
      return seen.find(({ headers }) => Buffer.from(id).equals(headers?.[CORRELATION_ID] as Buffer));
    });

  /** Requests are settled in order, so when the lag is 0 all of them are. */
  const settled = () => eventually('no lag', async () => (await broker.lag(ours, requestTopic)) === 0);

  beforeAll(() => broker.createTopic(replies, 3));

  it('get a binary correlation id back byte by byte, with the key of the request', async () => {
    await ask(request(21), { [CORRELATION_ID]: binary, [REPLY_TOPIC]: replies }, 'the key');

    const reply = await replyTo(binary);

    expect(JSON.parse(String(reply.value))).toEqual({ doubled: 42 });
    expect(String(reply.key)).toBe('the key');
    expect(reply.headers?.[NEST_IS_DISPOSED]).toEqual(Buffer.alloc(1));
    expect(reply.headers).toMatchObject({ ce_source: Buffer.from(`/${ours}`) });
  });

  it.each([
    ['4 bytes', Buffer.from([0, 0, 0, 2]), 2],
    ['text', '1', 1],
  ])('get the reply on the partition that they name: %s', async (dialect, partition, expected) => {
    await ask(request(1), { [CORRELATION_ID]: dialect, [REPLY_TOPIC]: replies, [REPLY_PARTITION]: partition });

    expect((await replyTo(dialect)).partition).toBe(expected);
  });

  it.each([
    ['text beyond every topic', '99999999'],
    ['text of a negative number', '-1'],
    ['text that is no number', 'abc'],
    ['4 bytes beyond every topic', Buffer.from([0, 0, 0, 99])],
    ['4 bytes that are negative', Buffer.from([255, 255, 255, 255])],
    ['no bytes', Buffer.alloc(0)],
    ['a header without a value', headerWithoutValue()],
    ['a number of 64 KB', '1'.repeat(65_536)],
  ])('get the reply on any partition where the one that they name is none: %s', async (dialect, partition) => {
    await ask(request(2), { [CORRELATION_ID]: dialect, [REPLY_TOPIC]: replies, [REPLY_PARTITION]: partition });

    expect(JSON.parse(String((await replyTo(dialect)).value))).toEqual({ doubled: 4 });
  });

  it('get a correlation id of 64 KB back', async () => {
    const id = randomBytes(65_536);

    await ask(request(3), { [CORRELATION_ID]: id, [REPLY_TOPIC]: replies });

    expect(JSON.parse(String((await replyTo(id)).value))).toEqual({ doubled: 6 });
  });

  it('get the last of repeated headers back', async () => {
    const headers = {
      [CORRELATION_ID]: [Buffer.from('first'), Buffer.from('last')],
      [REPLY_TOPIC]: [Buffer.from(`${foreign}.nowhere`), Buffer.from(replies)],
      [REPLY_PARTITION]: ['0', '2'],
    };

    await ask(request(4), headers);

    expect((await replyTo('last')).partition).toBe(2);
  });

  it('get an error beside an empty value, with code and message', async () => {
    const address = (id: string) => ({ [CORRELATION_ID]: id, [REPLY_TOPIC]: replies });
    await ask(request(-1), address('refused'));
    await ask('{"number":"many"}', address('contract broken'));
    await ask('no json', address('no json'));

    const errors = await Promise.all(['refused', 'contract broken', 'no json'].map(replyTo));

    expect(errors.map(({ value }) => value)).toEqual([null, null, null]);
    expect(errors.map(({ headers }) => JSON.parse(String(headers?.[NEST_ERROR])) as unknown)).toEqual([
      { code: 'TOO_SMALL', message: 'No negative numbers.' },
      { code: 'CONTRACT_VIOLATION', message: expect.stringContaining('number must be an integer number') },
      { code: 'NOT_JSON', message: 'The value of 7 bytes is no JSON.' },
    ]);
  });

  it('who name a place that does not exist are counted, and hold up nobody', async () => {
    await service.events.publish(create(ThingDone, { thing: 'the only one' }));
    const places: Record<string, Buffer | string>[] = [
      { [REPLY_TOPIC]: `${foreign}.nowhere` },
      { [REPLY_TOPIC]: 'no topic name at all!' },
      { [REPLY_TOPIC]: contractOf(ThingDone).topic },
      { [REPLY_TOPIC]: `${ours}.dead-letters` },
    ];
    for (const place of places) await ask(request(5), { [CORRELATION_ID]: 'lost', ...place });
    await ask(request(5), { [CORRELATION_ID]: headerWithoutValue(), [REPLY_TOPIC]: replies });
    await ask(request(5), { [CORRELATION_ID]: 'lost', [REPLY_TOPIC]: headerWithoutValue() });
    await settled();

    expect(await countsBy(service.metrics.unanswered, 'reason')).toEqual({
      'no way to answer': 4,
      'reply address refused': 2,
    });
    expect(await broker.read(contractOf(ThingDone).topic)).toHaveLength(1);
    expect(await broker.read(`${ours}.dead-letters`)).toEqual([]);
    expect((await service.requester.ask(create(DoubleIt, { number: 3 }))).doubled).toBe(6);
    expect(service.health.report().status).toBe('ok');
  });

  it('who can not be told of a failure leave a dead letter', async () => {
    await ask(request(0), {});
    await ask(request(-1), { [CORRELATION_ID]: 'lost', [REPLY_TOPIC]: `${foreign}.nowhere` });
    await ask('no json', { [CORRELATION_ID]: 'lost' });
    await ask(request(1), {});
    await settled();

    const letters = await deadLettersOf(broker, ours);
    expect(letters.map(({ code, attempts }) => [code, attempts]).sort()).toEqual([
      ['Error', 1],
      ['NOT_JSON', 0],
      ['TOO_SMALL', 1],
    ]);
  });
});

describe('a responder that knows nothing of NestJS', () => {
  let responder: ForeignResponder;

  /** As Spring's `@SendTo`: the correlation id and the key come back, and nothing else. */
  beforeAll(async () => {
    responder = await startForeignResponder(broker, contractOf(DoubleItElsewhere).topic, ({ key, value, headers }) => {
      const { number } = JSON.parse(String(value)) as DoubleItElsewhere;
      const reply = number === 7 ? 'seven' : number === 8 ? null : JSON.stringify({ doubled: number * 2 });
      const echoed = { [CORRELATION_ID]: headers?.[CORRELATION_ID] };
      return { topic: String(headers?.[REPLY_TOPIC]), messages: [{ key, value: reply, headers: echoed }] };
    });
  });

  afterAll(() => responder.stop());

  const ask = (number: number) => service.requester.ask(create(DoubleItElsewhere, { number }), { timeoutMs: 20_000 });

  it('is understood, by any number of asks at once', async () => {
    const replies = await Promise.all([21, 22, 23].map(ask));

    expect(replies.map(({ doubled }) => doubled)).toEqual([42, 44, 46]);
  });

  it.each([
    [7, 'The value of 5 bytes is no JSON.'],
    [8, 'Doubled'],
  ])('is said to be unreadable where its reply is none: %i', async (number, what) => {
    const asked = ask(number);

    await expect(asked).rejects.toBeInstanceOf(UnreadableReplyError);
    await expect(asked).rejects.toThrow('The reply to DoubleItElsewhere is no Doubled: ');
    await expect(asked).rejects.toThrow(what);
  });
});
