import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { IsString } from 'class-validator';
import { ConfigResourceTypes } from 'kafkajs';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Event, HandleEvent, type KafkaSettings, NotReadyError, repliesWith, Request } from '../index.js';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';

/** A service that owns, and one that reads and asks: new names for each spec. */
function makeServices() {
  const owner = uniqueService('owner');
  const reader = uniqueService('reader');

  @Event(`${owner}.thing-done.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 3, retention: '2h' })
  class ThingDone {
    @IsString() thing!: string;
  }
  @Request(`${owner}.do-thing.v1`, { reply: ThingDone, example: { thing: 'a' }, partitions: 2 })
  class DoThing {
    declare readonly [repliesWith]: ThingDone;
    @IsString() thing!: string;
  }
  @Controller()
  class NoteThings {
    @HandleEvent(ThingDone)
    handle(@Payload() _: ThingDone): void {}
  }
  const contracts = [ThingDone, DoThing];
  return {
    owner,
    reader,
    startOwner: (settings: Partial<KafkaSettings> = {}) =>
      startService({ service: owner, contracts, controllers: [NoteThings], settings }),
    startReader: (settings: Partial<KafkaSettings> = {}) =>
      startService({ service: reader, contracts, asks: [DoThing], controllers: [NoteThings], settings }),
  };
}

let broker: BrokerUnderTest;
let services: ReturnType<typeof makeServices>;

const topicsOf = async (service: string): Promise<string[]> =>
  (await broker.admin.listTopics()).filter((topic) => topic.startsWith(`${service}.`)).sort();

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
});

beforeEach(() => {
  services = makeServices();
});

afterAll(() => broker.close());

const failure = (start: Promise<ServiceUnderTest>): Promise<Error> =>
  start.then(
    () => Promise.reject(new Error('It started.')),
    (error: Error) => error,
  );

describe('a service that owns topics', () => {
  it('creates those that are missing, as their contracts say', async () => {
    const { owner, startOwner } = services;
    const service = await startOwner();

    expect(await topicsOf(owner)).toEqual([
      `${owner}.dead-letters`,
      `${owner}.dead-letters.settled`,
      `${owner}.do-thing.v1`,
      `${owner}.thing-done.v1`,
    ]);
    expect(await broker.partitions(`${owner}.thing-done.v1`)).toBe(3);
    const { resources } = await broker.admin.describeConfigs({
      includeSynonyms: false,
      resources: [`${owner}.thing-done.v1`, `${owner}.dead-letters`].map((name) => ({
        type: ConfigResourceTypes.TOPIC,
        name,
        configNames: ['retention.ms', 'max.message.bytes'],
      })),
    });
    const configs = resources.map(({ configEntries }) =>
      Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    );
    expect(configs[0]).toMatchObject({ 'retention.ms': '7200000', 'max.message.bytes': '1048588' });
    expect(configs[1]).toMatchObject({ 'retention.ms': '2592000000', 'max.message.bytes': '1114124' });
    await service.stop();
  });

  it('starts beside another replica at the same moment, and again where all is there', async () => {
    const { startOwner } = services;

    const replicas = await Promise.all([startOwner(), startOwner(), startOwner()]);

    for (const replica of replicas) expect(replica.health.report()).toMatchObject({ status: 'ok', ready: true });
    await Promise.all(replicas.map((replica) => replica.stop()));
  });

  it('says what the broker has against a topic', async () => {
    const { owner, startOwner } = services;
    await broker.createTopic(`${owner}_thing-done.v1`, 1); // Kafka takes . and _ for the same in a topic's name

    const error = await failure(startOwner());

    expect(error).toBeInstanceOf(NotReadyError);
    expect(error.message).toMatch(
      new RegExp(`^Kafka at .* does not create ${owner}.thing-done.v1, .*: INVALID_TOPIC_EXCEPTION: .*invalid topic`),
    );
    await broker.deleteTopic(`${owner}_thing-done.v1`);
  });

  it('takes a topic as it finds it, where it has other partitions', async () => {
    const { owner, startOwner } = services;
    await broker.createTopic(`${owner}.thing-done.v1`, 1);

    const service = await startOwner();

    expect(await broker.partitions(`${owner}.thing-done.v1`)).toBe(1);
    await service.stop();
  });
});

describe('a service that reads topics of another', () => {
  it('waits for the owner to create them', async () => {
    const { owner, reader, startOwner, startReader } = services;

    const starting = startReader();
    await eventually("the reader's own topics", async () => (await topicsOf(reader)).length === 2);
    expect(await topicsOf(owner)).toEqual([]);
    const services_ = await Promise.all([starting, startOwner()]);

    expect(services_[0].health.report()).toMatchObject({ status: 'ok', ready: true });
    await Promise.all(services_.map((service) => service.stop()));
  });

  it('gives up in its time, naming each missing topic and its owner', async () => {
    const { owner, startReader } = services;

    const error = await failure(startReader({ topicTimeoutMs: 300 }));

    expect(error).toBeInstanceOf(NotReadyError);
    expect(error.message).toBe(
      'These topics do not exist, or this service may not see them: ' +
        `${owner}.thing-done.v1 (of ${owner}), ${owner}.do-thing.v1 (of ${owner}). ` +
        'The owner creates them when it starts: is it running?',
    );
  });
});

describe('a service in production', () => {
  it('creates nothing, and refuses to start with the list of all that is missing', async () => {
    const { owner, reader, startReader } = services;

    const error = await failure(startReader({ production: true }));

    expect(error).toBeInstanceOf(NotReadyError);
    for (const topic of [
      `${reader}.replies (of ${reader})`,
      `${reader}.dead-letters (of ${reader})`,
      `${owner}.thing-done.v1 (of ${owner})`,
    ]) {
      expect(error.message).toContain(topic);
    }
    expect(error.message).toContain('`node dist/main.js --topology` prints what the service needs');
    expect(await topicsOf(reader)).toEqual([]);
  });

  it('starts where everything is there', async () => {
    const { startOwner } = services;
    await (await startOwner()).stop();

    const service = await startOwner({ production: true });

    expect(service.health.report().ready).toBe(true);
    await service.stop();
  });
});

describe('a service without a broker', () => {
  it('says within its time that none answers, and where it looked', async () => {
    const error = await failure(services.startOwner({ brokers: ['127.0.0.1:1'], startTimeoutMs: 500 }));

    expect(error).toBeInstanceOf(NotReadyError);
    expect(error.message).toMatch(/^Kafka does not answer at 127\.0\.0\.1:1: .*ECONNREFUSED/);
  });

  it('says so as well where something listens and stays silent', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const sockets: Socket[] = [];
    silent.on('connection', (socket) => sockets.push(socket));

    const error = await failure(services.startOwner({ brokers: [address], startTimeoutMs: 500 }));

    expect(error).toBeInstanceOf(NotReadyError);
    expect(error.message).toMatch(`Kafka does not answer at ${address}: no answer within`);
    sockets.forEach((socket) => socket.destroy());
    silent.close();
  }, 10_000);
});
