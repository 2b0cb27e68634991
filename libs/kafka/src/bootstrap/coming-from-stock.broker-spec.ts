import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, Payload, Transport } from '@nestjs/microservices';
import { IsString } from 'class-validator';
import { setTimeout as work } from 'node:timers/promises';
import { contractOf, Event, HandleEvent } from '../index.js';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { brokers } from '../testing/brokers.js';
import { eventually } from '../testing/eventually.js';
import { startService, uniqueService } from '../testing/service-under-test.js';

const PARTITIONS = 6;

/** Everything that was handled to its end, and by whom. */
let handled: { by: string; thing: string }[];
let running: { stop(): Promise<void> }[];
let broker: BrokerUnderTest;

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
});

beforeEach(() => {
  handled = [];
  running = [];
});

afterEach(() => Promise.all(running.map((replica) => replica.stop())));

afterAll(() => broker.close());

/** The same service twice: as it was, on ServerKafka, and as it will be. */
function makeShop() {
  const shop = uniqueService('moving');

  // A name as teams have them that knew nothing of contracts.
  @Event(`${shop}.Thing_Done`, { owner: shop, key: 'thing', example: { thing: 'a' }, partitions: PARTITIONS })
  class ThingDone {
    @IsString() thing!: string;
  }
  const { topic } = contractOf(ThingDone);

  const startStock = async (
    by: string,
    groupId: string,
    postfix: { postfixId?: string },
  ): Promise<INestMicroservice> => {
    @Controller()
    class NoteThings {
      @EventPattern(topic)
      async handle(@Payload() payload: object): Promise<void> {
        await work(5);
        handled.push({ by, thing: (payload as ThingDone).thing });
      }
    }
    @Module({ controllers: [NoteThings] })
    class AppModule {}
    const app = await NestFactory.createMicroservice(AppModule, {
      logger: false,
      transport: Transport.KAFKA,
      options: {
        client: { clientId: by, brokers: brokers() },
        consumer: { groupId, heartbeatInterval: 200, maxWaitTimeInMs: 100 },
        subscribe: { fromBeginning: true },
        ...postfix,
      },
    });
    await app.listen();
    running.push({ stop: () => app.close() });
    return app;
  };

  const startOurs = async (by: string, groupId: string | undefined): Promise<void> => {
    @Controller()
    class NoteThings {
      @HandleEvent(ThingDone)
      async handle(@Payload() { thing }: ThingDone): Promise<void> {
        await work(5);
        handled.push({ by, thing });
      }
    }
    const definition = { service: shop, groupId, contracts: [ThingDone], controllers: [NoteThings] };
    running.push(await startService({ ...definition, settings: { heartbeatMs: 100 } }));
  };
  return { shop, topic, startStock, startOurs };
}

const handledBy = (by: string): string[] => handled.filter((one) => one.by === by).map(({ thing }) => thing);

const works = (by: string) => eventually(`${by} works`, () => handledBy(by).length > 20);

describe('a service on stock NestJS that is replaced by ours, replica by replica, in its own group, under load', () => {
  const cases = [
    { stock: 'the suffix that NestJS appends', group: '-server', postfix: {}, setting: true },
    { stock: "postfixId: ''", group: '', postfix: { postfixId: '' }, setting: false },
  ];

  it.each(cases)('loses nothing and keeps its offsets, with $stock', async ({ group, postfix, setting }) => {
    const { shop, topic, startStock, startOurs } = makeShop();
    const groupId = `${shop}${group}`;
    await broker.createTopic(topic, PARTITIONS);
    const load = new Load(topic);
    await load.round(10);
    const oldOnes = [await startStock('old-1', shop, postfix), await startStock('old-2', shop, postfix)];
    await eventually('no lag', async () => (await broker.lag(groupId, topic)) === 0);
    const before = [...load.sent];
    expect(handled.map(({ thing }) => thing).sort()).toEqual([...before].sort());

    load.start();
    await works('old-1');
    for (const [index, old] of oldOnes.entries()) {
      await old.close();
      await startOurs(`new-${index + 1}`, setting ? groupId : undefined);
      await works(`new-${index + 1}`);
    }
    await load.stop();
    await eventually('no lag', async () => (await broker.lag(groupId, topic)) === 0);

    const things = new Set(handled.map(({ thing }) => thing));
    expect(load.sent.filter((thing) => !things.has(thing))).toEqual([]);
    const again = [...handledBy('new-1'), ...handledBy('new-2')].filter((thing) => before.includes(thing));
    expect(again).toEqual([]);
    expect(await broker.groups(shop)).toEqual([groupId]);
  });
});

/** One message for each partition at a time, about as fast as they are handled. */
class Load {
  readonly sent: string[] = [];
  #on = false;
  #sending: Promise<void> | undefined;

  constructor(private readonly topic: string) {}

  async round(times: number): Promise<void> {
    for (let round = 0; round < times; round++) {
      const things = Array.from({ length: PARTITIONS }, (_, partition) => `${this.sent.length + partition}`);
      this.sent.push(...things);
      const messages = things.map((thing, partition) => ({ partition, key: thing, value: JSON.stringify({ thing }) }));
      await broker.send(this.topic, ...messages);
    }
  }

  start(): void {
    this.#on = true;
    this.#sending = this.#send();
  }

  async stop(): Promise<void> {
    this.#on = false;
    await this.#sending;
  }

  async #send(): Promise<void> {
    while (this.#on) {
      await this.round(1);
      await work(10);
    }
  }
}
