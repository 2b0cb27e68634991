import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, type INestMicroservice } from '@nestjs/common';
import { ClientKafka, MessagePattern, Payload, RpcException, Transport } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { IsInt, IsString } from 'class-validator';
import { randomBytes } from 'node:crypto';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { contractOf, create, Event, HandleRequest, repliesWith, Request, RequestError } from '../index.js';
import { BrokerUnderTest, type SeenRecord } from '../testing/broker-under-test.js';
import { brokers } from '../testing/brokers.js';
import { countsBy } from '../testing/counts.js';
import { deadLettersOf } from '../testing/dead-letters.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';
import { CORRELATION_ID, NEST_ERROR, NEST_IS_DISPOSED, REPLY_PARTITION, REPLY_TOPIC } from './wire.js';

const ours = uniqueService('ours');
const stock = uniqueService('stock');
const foreign = uniqueService('foreign');

class Doubled {
  @IsInt() doubled!: number;
}

@Request(`${ours}.double-it.v1`, { reply: Doubled, example: { number: 1 }, partitions: 2 })
class DoubleIt {
  declare readonly [repliesWith]: Doubled;
  @IsInt() number!: number;
}

@Request(`${stock}.double-it.v1`, { reply: Doubled, example: { number: 1 }, partitions: 2 })
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

/** As any team writes it with NestJS' own transport. */
@Controller()
class StockDoubles {
  @MessagePattern(`${stock}.double-it.v1`)
  handle(@Payload() { number }: { number: number }): unknown {
    if (number < 0) throw new RpcException({ code: 'TOO_SMALL', message: 'No negative numbers.' });
    if (number === 0) throw new Error('password=secret');
    if (number === 7) return { halved: 3 };
    if (number === 8) return 'a text';
    return { doubled: number * 2 };
  }
}

let broker: BrokerUnderTest;
let service: ServiceUnderTest;

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
  await broker.createTopic(`${stock}.double-it.v1`, 2);
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

describe('a stock NestJS client that asks our service', () => {
  let client: ClientKafka;

  beforeAll(async () => {
    await broker.createTopic(`${requestTopic}.reply`, 1);
    client = new ClientKafka({
      client: { clientId: stock, brokers: brokers(), logCreator: () => () => undefined },
      consumer: { groupId: `${stock}.asks` },
    });
    client.subscribeToResponseOf(requestTopic);
    await client.connect();
  });

  afterAll(() => client.close());

  const ask = (number: number) => client.send<Doubled>(requestTopic, { number });

  it('gets the reply, by its first value and by its last', async () => {
    expect(await firstValueFrom(ask(21))).toEqual({ doubled: 42 });
    expect(await lastValueFrom(ask(22))).toEqual({ doubled: 44 });
  });

  it('gets a request error with code and message, and no internals of another', async () => {
    await expect(lastValueFrom(ask(-1))).rejects.toEqual({ code: 'TOO_SMALL', message: 'No negative numbers.' });
    await expect(lastValueFrom(ask(0))).rejects.toEqual({ code: 'INTERNAL', message: 'The request failed.' });
  });
});

describe('our service that asks a stock NestJS service', () => {
  let app: INestMicroservice;

  beforeAll(async () => {
    const module = await Test.createTestingModule({ controllers: [StockDoubles] }).compile();
    app = module.createNestMicroservice({
      transport: Transport.KAFKA,
      logger: false,
      options: {
        client: { clientId: stock, brokers: brokers(), logCreator: () => () => undefined },
        consumer: { groupId: stock },
        subscribe: { fromBeginning: true },
      },
    });
    await app.listen();
  });

  afterAll(() => app.close());

  const ask = (number: number) => service.requester.ask(create(DoubleItElsewhere, { number }), { timeoutMs: 20_000 });

  it('gets the reply as an instance of the contract', async () => {
    const reply = await ask(21);

    expect(reply).toBeInstanceOf(Doubled);
    expect(reply.doubled).toBe(42);
  });

  it('gets its error', async () => {
    await expect(ask(-1)).rejects.toMatchObject({ code: 'TOO_SMALL', message: 'No negative numbers.' });
    await expect(ask(0)).rejects.toMatchObject({ code: 'INTERNAL', message: 'Internal server error' });
  });

  it('is told that a reply is not what the contract promises', async () => {
    await expect(ask(7)).rejects.toThrow(
      'The reply to DoubleItElsewhere is no Doubled: Doubled: doubled must be an integer',
    );
    await expect(ask(8)).rejects.toMatchObject({ code: 'UNREADABLE_REPLY' });
  });
});

describe('askers of every dialect', () => {
  const replies = `${foreign}.replies`;
  const binary = randomBytes(16).fill(255, 3, 5);

  const ask = (value: string, headers: Record<string, Buffer | string>, key: string | null = null) =>
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
      { [REPLY_TOPIC]: replies, [REPLY_PARTITION]: Buffer.from([0, 0, 0, 99]) },
      { [REPLY_TOPIC]: `${foreign}.nowhere` },
      { [REPLY_TOPIC]: 'no topic name at all!' },
      { [REPLY_TOPIC]: contractOf(ThingDone).topic },
      { [REPLY_TOPIC]: `${ours}.dead-letters` },
    ];
    for (const place of places) await ask(request(5), { [CORRELATION_ID]: 'lost', ...place });
    await settled();

    expect(await countsBy(service.metrics.unanswered, 'reason')).toEqual({
      'no way to answer': 3,
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
