import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, type INestMicroservice } from '@nestjs/common';
import { ClientKafka, MessagePattern, Payload, RpcException, Transport } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { IsInt } from 'class-validator';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { contractOf, create, HandleRequest, repliesWith, Request, RequestError } from '../index.js';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { brokers } from '../testing/brokers.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';

const ours = uniqueService('ours');
const stock = uniqueService('stock');

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
    contracts: [DoubleIt, DoubleItElsewhere],
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
