import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { IsInt, IsString } from 'class-validator';
import {
  create,
  Event,
  EventPublisher,
  HandleEvent,
  HandleRequest,
  KafkaModule,
  repliesWith,
  Request,
  RequestError,
} from '../index.js';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { brokers } from '../testing/brokers.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';

const owner = uniqueService('shop');

@Event(`${owner}.thing-done.v1`, { key: 'thing', example: { thing: 'a', count: 1 }, partitions: 3 })
class ThingDone {
  @IsString() thing!: string;
  @IsInt() count!: number;
}

class Doubled {
  @IsInt() value!: number;
}

@Request(`${owner}.double-it.v1`, { reply: Doubled, example: { value: 1 }, partitions: 3 })
class DoubleIt {
  declare readonly [repliesWith]: Doubled;
  @IsInt() value!: number;
}

const done: ThingDone[] = [];

@Controller()
class NoteThings {
  @HandleEvent(ThingDone)
  async handle(@Payload() event: ThingDone): Promise<void> {
    await Promise.resolve();
    done.push(event);
  }
}

@Controller()
class Doubles {
  @HandleRequest(DoubleIt)
  handle(@Payload() request: DoubleIt): Doubled {
    if (request.value < 0) throw new RequestError('TOO_SMALL', 'No negative numbers.');
    if (request.value === 0) throw new Error('password=secret');
    return create(Doubled, { value: request.value * 2 });
  }
}

describe('a service on the transport', () => {
  let broker: BrokerUnderTest;
  let service: ServiceUnderTest;

  beforeAll(async () => {
    broker = await new BrokerUnderTest().connect();
    service = await startService({
      service: owner,
      contracts: [ThingDone, DoubleIt],
      asks: [DoubleIt],
      controllers: [NoteThings, Doubles],
    });
  });

  afterAll(async () => {
    await service.stop();
    await broker.close();
  });

  it('handles what it says, as an instance of the contract', async () => {
    await service.events.publish(create(ThingDone, { thing: 'kettle', count: 3 }));

    const [event] = await eventually('the event', () => done.length > 0 && done);
    expect(event).toBeInstanceOf(ThingDone);
    expect(event).toEqual({ thing: 'kettle', count: 3 });
  });

  it('commits what it handled, in the group of its own name', async () => {
    await eventually('no lag', async () => (await broker.lag(owner, `${owner}.thing-done.v1`)) === 0);
    const { groups } = await broker.admin.describeGroups([owner]);

    expect(groups[0]).toMatchObject({ groupId: owner, state: 'Stable' });
  });

  it('gets typed replies', async () => {
    const reply = await service.requester.ask(create(DoubleIt, { value: 21 }));

    expect(reply).toBeInstanceOf(Doubled);
    expect(reply.value).toBe(42);
  });

  it('gets the code and message of a request error at once, and no internals of another', async () => {
    await expect(service.requester.ask(create(DoubleIt, { value: -1 }))).rejects.toMatchObject({
      code: 'TOO_SMALL',
      message: 'No negative numbers.',
    });
    await expect(service.requester.ask(create(DoubleIt, { value: 0 }))).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'The request failed.',
    });
  });

  it('is healthy and ready', () => {
    expect(service.health.report()).toEqual({ status: 'ok', ready: true, reasons: [] });
  });
});

describe('an app that only publishes', () => {
  it('needs no microservice, and closes what it opened', async () => {
    const broker = await new BrokerUnderTest().connect();
    const topic = `${owner}.thing-done.v1`;
    await broker.createTopic(topic, 1);
    const settings = { useFactory: () => ({ brokers: brokers() }) };
    const module = await Test.createTestingModule({
      imports: [KafkaModule.forService({ service: owner, contracts: [ThingDone] }, settings)],
    }).compile();
    await module.init();
    const events = module.get(EventPublisher);

    const { partition } = await events.publish(create(ThingDone, { thing: 'teapot', count: 1 }));
    await module.close();

    expect(partition).toBe(0);
    expect(await broker.read(topic)).toHaveLength(1);
    await expect(events.publish(create(ThingDone, { thing: 'late', count: 1 }))).rejects.toMatchObject({
      reason: 'CLOSED',
    });
    await broker.close();
  });
});

describe('a service that can not work', () => {
  it('is refused before it asks anything of a broker: a batch without transactions', async () => {
    @Controller()
    class NoteManyThings {
      @HandleEvent(ThingDone, { batch: 100 })
      handle(@Payload() _: ThingDone): void {}
    }

    const starting = startService({
      service: owner,
      contracts: [ThingDone],
      controllers: [NoteManyThings],
      settings: { brokers: ['127.0.0.1:1'] },
    });

    await expect(starting).rejects.toThrow(
      'NoteManyThings.handle has batch 100, which needs transactions: import InboxModule of @fieldguide/outbox',
    );
  });

  it('is refused before it asks anything of a broker: two handlers of one event', async () => {
    @Controller()
    class NoteThingsAgain {
      @HandleEvent(ThingDone)
      handle(@Payload() _: ThingDone): void {}
    }

    const starting = startService({
      service: owner,
      contracts: [ThingDone],
      controllers: [NoteThings, NoteThingsAgain],
      settings: { brokers: ['127.0.0.1:1'] },
    });

    await expect(starting).rejects.toThrow(
      'NoteThings.handle and NoteThingsAgain.handle both handle ThingDone: one handler for each contract and service.',
    );
  });
});
