import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { IsInt, IsString } from 'class-validator';
import kafkajs from 'kafkajs';
import { BrokerAdmin, KafkaConnection, withDefaults } from '../client/index.js';
import { contractOf, create, Event, HandleEvent, MessageContext } from '../index.js';
import { BrokerUnderTest, type SeenRecord } from '../testing/broker-under-test.js';
import { eventually } from '../testing/eventually.js';
import { type OwnCluster, startOwnCluster } from '../testing/own-broker.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';

const PARTITIONS = 3;
const THINGS = Array.from({ length: 12 }, (_, index) => `thing-${index}`);
/** So many of each thing before a broker goes, while it is away and when it is back. */
const ROUNDS = 20;
/** Three brokers take their time to start where others need the machine, too. */
const START_MS = 240_000;
const DEADLINE_MS = 120_000;

const shop = uniqueService('of-three');

@Event(`${shop}.thing-done.v1`, { key: 'thing', example: { thing: 'a', count: 1 }, partitions: PARTITIONS })
class ThingDone {
  @IsString() thing!: string;
  @IsInt() count!: number;
}

const { topic } = contractOf(ThingDone);

/** `partition/offset` of each call of a handler that came to its end. */
let handled: string[];
/** The last count of each thing that the brokers have acknowledged. */
let acknowledged: Map<string, number>;
let cluster: OwnCluster;
let broker: BrokerUnderTest;
let replicas: ServiceUnderTest[] = [];

@Controller()
class NoteThings {
  @HandleEvent(ThingDone)
  handle(@Payload() _thing: ThingDone, @Ctx() context: MessageContext): void {
    handled.push(`${context.getPartition()}/${context.getMessage().offset}`);
  }
}

const startReplica = (replica: number): Promise<ServiceUnderTest> =>
  startService({
    service: shop,
    contracts: [ThingDone],
    controllers: [NoteThings],
    settings: { brokers: cluster.kafka, replica, publishTimeoutMs: 60_000 },
  });

/** For each thing one count after the other; what was not acknowledged is published again, as a caller must. */
class Load {
  #stopped = false;
  readonly #running: Promise<unknown>;

  constructor({ events }: ServiceUnderTest) {
    this.#running = Promise.all(THINGS.map((thing) => this.#publish(events, thing)));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #publish(events: ServiceUnderTest['events'], thing: string): Promise<void> {
    for (let count = (acknowledged.get(thing) ?? 0) + 1; !this.#stopped;) {
      const isThere = await events.publish(create(ThingDone, { thing, count })).then(
        () => true,
        () => false,
      );
      if (isThere) acknowledged.set(thing, count++);
    }
  }
}

const lowest = (): number => Math.min(...THINGS.map((thing) => acknowledged.get(thing) ?? 0));

async function moreOfEachThing(): Promise<void> {
  const goal = lowest() + ROUNDS;
  await eventually(`${ROUNDS} more of each thing`, () => lowest() >= goal, DEADLINE_MS);
}

async function moreHandled(): Promise<void> {
  const goal = handled.length + ROUNDS * THINGS.length;
  await eventually('handlers go on', () => handled.length >= goal, DEADLINE_MS);
}

/** Kills one of the brokers under load, and starts it again. */
async function takeAway(node: number): Promise<void> {
  const load = new Load(replicas[0] as ServiceUnderTest);
  try {
    await moreOfEachThing();
    await cluster.kill(node);
    await Promise.all([moreOfEachThing(), moreHandled()]);
    await cluster.start(node);
    await Promise.all([moreOfEachThing(), moreHandled()]);
  } finally {
    await load.stop();
  }
  await eventually('no lag', async () => (await broker.lag(shop, topic)) === 0, DEADLINE_MS);
}

const countIn = ({ value }: SeenRecord): number => (JSON.parse(String(value)) as ThingDone).count;
const whereIs = ({ partition, offset }: SeenRecord): string => `${partition}/${offset}`;

/** Counts of a thing as the topic has them, without what is there once more. */
function firstCopies(records: readonly SeenRecord[], thing: string): number[] {
  const counts = records.filter(({ key }) => String(key) === thing).map(countIn);
  return [...new Set(counts)];
}

beforeAll(async () => {
  cluster = await startOwnCluster();
  broker = await new BrokerUnderTest(cluster.kafka).connect();
}, START_MS);

beforeEach(async () => {
  handled = [];
  acknowledged = new Map();
  replicas = [await startReplica(1), await startReplica(2)];
}, DEADLINE_MS);

afterEach(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()));
  await broker.deleteTopic(topic);
}, DEADLINE_MS);

afterAll(async () => {
  // Nothing is left to be removed from brokers that go themselves.
  await (broker as BrokerUnderTest | undefined)?.admin.disconnect();
  await (cluster as OwnCluster | undefined)?.remove();
}, DEADLINE_MS);

describe('one of three brokers that is killed under load', () => {
  it.each([
    ['the leader of a partition', () => broker.leaderOf(topic, 0)],
    ["the coordinator of the service's group", () => broker.coordinatorOf(shop)],
  ])(
    'takes nothing with it: %s',
    async (_, which) => {
      const node = await which();

      await takeAway(node);

      const records = (await broker.read(topic)).sort((a, b) => Number(a.offset) - Number(b.offset));
      for (const thing of THINGS) {
        const counts = firstCopies(records, thing);
        expect(counts).toEqual(counts.map((_count, index) => index + 1));
        expect(counts.length).toBeGreaterThanOrEqual(acknowledged.get(thing) ?? Infinity);
      }
      expect(records.map(whereIs).filter((where) => !handled.includes(where))).toEqual([]);
      for (const { health } of replicas) await eventually('all is well', () => health.report().status === 'ok');
    },
    START_MS,
  );
});

describe('a topic whose only broker is away', () => {
  it(
    'is not taken for one that does not exist: what is published waits for the broker, and so does a start',
    async () => {
      await Promise.all(replicas.map((replica) => replica.stop()));
      await broker.deleteTopic(topic);
      const home = 2;
      const replicaAssignment = Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, replicas: [home] }));
      const configEntries = [{ name: 'min.insync.replicas', value: '1' }];
      await broker.admin.createTopics({ topics: [{ topic, replicaAssignment, configEntries }] });
      replicas = [await startReplica(1)];
      const { events } = replicas[0] as ServiceUnderTest;
      await cluster.kill(home);
      const admin = new BrokerAdmin(new KafkaConnection(shop, withDefaults({ brokers: cluster.kafka }), 'spec'));
      const leaderless = async () => (await admin.topics([topic])).get(topic)?.leaderless;
      await eventually('nobody leads', async () => (await leaderless()) === PARTITIONS, DEADLINE_MS);
      await admin.close();

      const [thing = ''] = THINGS;
      const published = events.publish(create(ThingDone, { thing, count: 1 }));
      const started = startReplica(2).then((replica) => replicas.push(replica));
      const outcome = Promise.allSettled([published, started]);
      await cluster.start(home);

      expect((await outcome).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
      await eventually('it is handled', () => handled.length === 1, DEADLINE_MS);
    },
    START_MS,
  );
});

describe('an event that only the leader of its partition has when that is killed', () => {
  it(
    'is not acknowledged before another has it: nothing acknowledged is lost, as with acks 1 it is',
    async () => {
      const [thing = ''] = THINGS;
      const { events } = replicas[0] as ServiceUnderTest;
      const { partition } = await events.publish(create(ThingDone, { thing, count: 1 }));
      const leader = await broker.leaderOf(topic, partition);
      const followers = [1, 2, 3].filter((node) => node !== leader);
      const stranger = await strangerAt(leader);
      const sendUnsafely = (key: string, count: number) =>
        stranger.send({
          topic,
          acks: 1,
          messages: [{ partition, key, value: JSON.stringify({ thing: key, count }) }],
        });

      await Promise.all(followers.map((node) => cluster.pause(node)));
      // It answers what the followers had asked for before they stood still: they read it when they go on.
      await sendUnsafely('another', 0);
      const published = events.publish(create(ThingDone, { thing, count: 2 }));
      published.catch(() => undefined);
      await sendUnsafely(thing, 3);
      await cluster.kill(leader);
      await Promise.all(followers.map((node) => cluster.resume(node)));
      await published;
      await cluster.start(leader);
      await stranger.disconnect();

      expect(firstCopies(await broker.read(topic), thing)).toEqual([1, 2]);
    },
    START_MS,
  );
});

/** A producer that knows no other broker. */
async function strangerAt(node: number): Promise<kafkajs.Producer> {
  const brokers = cluster.kafka.slice(node - 1, node);
  const stranger = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
  const producer = stranger.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  return producer;
}
