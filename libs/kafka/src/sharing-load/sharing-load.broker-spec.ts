import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, type Type } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { IsString } from 'class-validator';
import kafkajs, { type Assigner } from 'kafkajs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as work } from 'node:timers/promises';
import { type ContractClass, contractOf, Event, HandleEvent, type KafkaSettings, Signal } from '../index.js';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { brokers } from '../testing/brokers.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';

const PARTITIONS = 6;

let shop: string;
let broker: BrokerUnderTest;
/** `partition/offset`-like names of all that was handled to its end, by replica. */
let handled: { replica: number; thing: string }[];
let running: ServiceUnderTest[];

const things = (): string[] => handled.map(({ thing }) => thing);

/** Contract, controller and topic of one spec: each has a service of its own. */
function makeShop() {
  shop = uniqueService('shared');

  @Event(`${shop}.thing-done.v1`, { key: 'thing', example: { thing: 'a' }, partitions: PARTITIONS })
  class ThingDone {
    @IsString() thing!: string;
  }
  @Event(`${shop}.thing-undone.v1`, { key: 'thing', example: { thing: 'a' }, partitions: PARTITIONS })
  class ThingUndone {
    @IsString() thing!: string;
  }

  const controllers = (replica: number, handle: (thing: string, signal: AbortSignal) => Promise<void>) => {
    @Controller()
    class NoteDone {
      @HandleEvent(ThingDone)
      async handle(@Payload() { thing }: ThingDone, @Signal() signal: AbortSignal): Promise<void> {
        await handle(thing, signal);
        handled.push({ replica, thing });
      }
    }
    @Controller()
    class NoteUndone {
      @HandleEvent(ThingUndone)
      async handle(@Payload() { thing }: ThingUndone, @Signal() signal: AbortSignal): Promise<void> {
        await handle(thing, signal);
        handled.push({ replica, thing });
      }
    }
    return [NoteDone, NoteUndone] as const;
  };
  return {
    ThingDone,
    ThingUndone,
    controllers,
    topic: contractOf(ThingDone).topic,
    later: contractOf(ThingUndone).topic,
  };
}

type Shop = ReturnType<typeof makeShop>;

async function startReplica(
  replica: number,
  contracts: readonly ContractClass[],
  controllers: readonly Type[],
  settings: Partial<KafkaSettings> = {},
): Promise<ServiceUnderTest> {
  const service = await startService({
    service: shop,
    contracts,
    controllers,
    settings: { replica, heartbeatMs: 100, ...settings },
  });
  running.push(service);
  return service;
}

const partitionsOf = async ({ metrics }: ServiceUnderTest): Promise<number> =>
  (await metrics.assigned.get()).values[0]?.value ?? 0;

const settled = (topic: string) => eventually('no lag', async () => (await broker.lag(shop, topic)) === 0);

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
});

beforeEach(() => {
  handled = [];
  running = [];
});

afterEach(() => Promise.all(running.map((service) => service.stop())));

afterAll(() => broker.close());

describe('replicas of a service', () => {
  let parts: Shop;
  let sent: string[];
  let sending: boolean;
  let stream: Promise<void>;

  /** One message for each partition at a time, about as fast as they are handled. */
  const send = async (): Promise<void> => {
    while (sending) {
      const round = Array.from({ length: PARTITIONS }, (_, partition) => ({
        partition,
        thing: `${sent.length + partition}`,
      }));
      sent.push(...round.map(({ thing }) => thing));
      await broker.send(
        parts.topic,
        ...round.map(({ partition, thing }) => ({ partition, key: thing, value: JSON.stringify({ thing }) })),
      );
      await work(10);
    }
  };

  beforeEach(() => {
    parts = makeShop();
    sent = [];
    sending = true;
  });

  const start = (replica: number, handlerMs: number) =>
    startReplica(
      replica,
      [parts.ThingDone, parts.ThingUndone],
      parts.controllers(replica, () => work(handlerMs)),
    );

  const share = (services: readonly ServiceUnderTest[], partitions: number) =>
    eventually(`${partitions} partitions of two topics each`, async () => {
      const shares = await Promise.all(services.map(partitionsOf));
      return shares.every((count) => count === partitions * 2);
    });

  it('share its partitions; none is lost and none handled twice when one joins and one leaves', async () => {
    const [one, two] = [await start(1, 20), await start(2, 20)];
    await share([one, two], 3);
    stream = send();
    await eventually('some are handled', () => handled.length > 50);

    const three = await start(3, 20);
    await share([one, two, three], 2);
    await eventually('the third works', () => handled.some(({ replica }) => replica === 3));
    await one.stop();
    await share([two, three], 3);
    const before = handled.length;
    await eventually('some more are handled', () => handled.length > before + 50);
    sending = false;
    await stream;
    await settled(parts.topic);

    expect(things().sort()).toEqual([...sent].sort());
    expect(new Set(handled.map(({ replica }) => replica))).toEqual(new Set([1, 2, 3]));
  });

  it('lose nothing when they are thrown out of the group', async () => {
    const [one, two] = [await start(1, 5), await start(2, 5)];
    await share([one, two], 3);
    stream = send();
    await eventually('some are handled', () => handled.length > 50);

    await broker.evict(shop);
    const before = handled.length;
    await eventually('some more are handled', () => handled.length > before + 100);
    await share([one, two], 3);
    sending = false;
    await stream;
    await settled(parts.topic);

    expect([...new Set(things())].sort()).toEqual([...sent].sort());
  });
});

describe('a handler whose partition goes elsewhere', () => {
  it('is told by its signal, and the one who has the partition now handles the event', async () => {
    const parts = makeShop();
    const reasons: string[] = [];
    let attempts = 0;
    const handle = (_: string, signal: AbortSignal): Promise<void> => {
      if (attempts++ > 0) return Promise.resolve();
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          reasons.push((signal.reason as Error).message);
          resolve();
        });
      });
    };
    await startReplica(1, [parts.ThingDone, parts.ThingUndone], parts.controllers(1, handle), { drainMs: 50 });

    await broker.send(parts.topic, { partition: 0, value: JSON.stringify({ thing: 'a' }) });
    await eventually('the first attempt', () => attempts === 1);
    await broker.evict(shop);
    await settled(parts.topic);

    expect(reasons).toEqual(['evicted from the group']);
    expect(attempts).toBe(2);
  });
});

describe('a deploy that brings a new topic', () => {
  it.each(['old', 'new'])('leaves none of its messages unread where one of the %s leads the group', async (leader) => {
    const parts = makeShop();
    const [done, undone] = parts.controllers(1, () => Promise.resolve());
    await broker.createTopic(parts.later, PARTITIONS);
    const startOld = () => startReplica(1, [parts.ThingDone], [done]);
    const startYoung = () => startReplica(2, [parts.ThingDone, parts.ThingUndone], [done, undone]);
    // Who comes first leads.
    const first = leader === 'old' ? await startOld() : await startYoung();
    const second = leader === 'old' ? await startYoung() : await startOld();
    const [old, young] = leader === 'old' ? [first, second] : [second, first];
    await eventually(
      'both have their share',
      async () => (await partitionsOf(old)) === 3 && (await partitionsOf(young)) === 9,
    );

    const names = Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, thing: `later ${partition}` }));
    await broker.send(
      parts.later,
      ...names.map(({ partition, thing }) => ({ partition, value: JSON.stringify({ thing }) })),
    );
    await settled(parts.later);

    expect(things().sort()).toEqual(names.map(({ thing }) => thing));
  });

  it('goes on beside a member on stock kafkajs, which knows round robin only', async () => {
    const parts = makeShop();
    const [done] = parts.controllers(1, () => Promise.resolve());
    const ours = await startReplica(1, [parts.ThingDone], [done]);
    const stock = broker.kafka.consumer({ groupId: shop, heartbeatInterval: 100, maxWaitTimeInMs: 100 });
    await stock.connect();
    await stock.subscribe({ topics: [parts.topic], fromBeginning: true });
    await stock.run({
      eachMessage: ({ message }) => {
        handled.push({ replica: 2, thing: (JSON.parse(String(message.value)) as { thing: string }).thing });
        return Promise.resolve();
      },
    });
    await eventually('half of it', async () => (await partitionsOf(ours)) === 3);

    const names = Array.from({ length: PARTITIONS }, (_, partition) => `${partition}`);
    await broker.send(
      parts.topic,
      ...names.map((thing, partition) => ({ partition, value: JSON.stringify({ thing }) })),
    );
    await settled(parts.topic);
    await stock.disconnect();

    expect(things().sort()).toEqual(names);
    expect(handled.filter(({ replica }) => replica === 2)).toHaveLength(3);
  });
});

describe('a group whose members share partitions in a way of their own', () => {
  it('refuses the start, which names the group and what the broker said', async () => {
    const parts = makeShop();
    const [done] = parts.controllers(1, () => Promise.resolve());
    await broker.createTopic(parts.topic, PARTITIONS);
    const { roundRobin } = kafkajs.PartitionAssigners;
    const foreign = broker.kafka.consumer({
      groupId: shop,
      maxWaitTimeInMs: 100,
      partitionAssigners: [(context) => renamed(roundRobin(context))],
    });
    await foreign.connect();
    await foreign.subscribe({ topics: [parts.topic] });
    await foreign.run({ eachMessage: () => Promise.resolve() });

    await expect(startReplica(1, [parts.ThingDone], [done])).rejects.toThrow(
      new RegExp(`^group ${shop}: INCONSISTENT_GROUP_PROTOCOL: `),
    );
    await foreign.disconnect();
  });
});

const renamed = (assigner: Assigner): Assigner => ({
  ...assigner,
  name: 'foreign',
  protocol: (subscription) => ({ ...assigner.protocol(subscription), name: 'foreign' }),
});

describe('a replica that was killed', () => {
  it('is not held up by its own ghost when it comes back', async () => {
    const parts = makeShop();
    const [done] = parts.controllers(1, () => Promise.resolve());
    await broker.createTopic(parts.topic, PARTITIONS);
    await joinAndKill(`${shop}-1`, shop, parts.topic);

    const back = await startReplica(1, [parts.ThingDone], [done]);
    expect(await partitionsOf(back)).toBe(PARTITIONS);
    await broker.send(parts.topic, { partition: 0, value: JSON.stringify({ thing: 'a' }) });
    await settled(parts.topic);

    expect(things()).toEqual(['a']);
  });
});

/** A member in a process of its own that is killed: the coordinator would wait for it for one minute. */
async function joinAndKill(clientId: string, groupId: string, topic: string): Promise<void> {
  const program = `
    const { Kafka, logLevel } = require('kafkajs');
    const kafka = new Kafka({ clientId: '${clientId}', brokers: '${brokers().join(',')}'.split(','), logLevel: logLevel.NOTHING });
    const consumer = kafka.consumer({ groupId: '${groupId}', sessionTimeout: 60000, rebalanceTimeout: 60000 });
    consumer.on(consumer.events.GROUP_JOIN, () => console.log('joined'));
    consumer.connect()
      .then(() => consumer.subscribe({ topics: ['${topic}'] }))
      .then(() => consumer.run({ eachMessage: async () => undefined }));
  `;
  const child = spawn(process.execPath, ['-e', program], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}
