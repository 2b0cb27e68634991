import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { IsInt, IsString } from 'class-validator';
import kafkajs, { type Producer } from 'kafkajs';
import { KafkaConnection, withDefaults } from '../client/index.js';
import { contractOf, currentMessage, Event, HandleEvent } from '../index.js';
import { partitionOf } from '../publishing/partition-of.js';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { brokers } from '../testing/brokers.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';
import { computeTopology } from '../topology/topology.js';
import { runTopics, type TopicsCall } from './commands.js';

let broker: BrokerUnderTest;
let running: ServiceUnderTest[];
let producers: Producer[];

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
});
beforeEach(() => {
  running = [];
  producers = [];
});
afterEach(async () => {
  await Promise.all(producers.map((producer) => producer.disconnect()));
  await Promise.all(running.map((service) => service.stop()));
});
afterAll(() => broker.close());

/** As on a command line. */
async function run(command: string, call: Partial<TopicsCall> = {}): Promise<{ code: number; text: string }> {
  const lines: string[] = [];
  const connect = () => new KafkaConnection('topics', withDefaults({ brokers: brokers() }), 'spec');
  const code = await runTopics({ command, topologies: [], connect, out: (line) => lines.push(line), ...call });
  return { code, text: lines.join('\n') };
}

interface Done {
  readonly thing: string;
  readonly round: number;
}

/** A service whose events go where the spec says; 2 partitions, one retry topic. */
function shopOf() {
  const service = uniqueService('scaled');
  @Event(`${service}.thing-done.v1`, { key: 'thing', example: { thing: 'a', round: 1 }, partitions: 2 })
  class ThingDone {
    @IsString() thing!: string;
    @IsInt() round!: number;
  }
  let handle: (done: Done, attempt: number) => void | Promise<void> = () => undefined;
  const handled: Done[] = [];
  @Controller()
  class NoteThings {
    @HandleEvent(ThingDone)
    async handle(@Payload() { thing, round }: ThingDone): Promise<void> {
      await handle({ thing, round }, currentMessage()?.attempt ?? 0);
      handled.push({ thing, round });
    }
  }
  const definition = { service, contracts: [ThingDone], retryDelaysMs: [100] };
  const { topic } = contractOf(ThingDone);
  const start = async () => {
    const settings = { retryPausesMs: [], heartbeatMs: 100, commitMs: 50 };
    const replica = await startService({ ...definition, controllers: [NoteThings], settings });
    running.push(replica);
    return replica;
  };
  const facts = {
    contract: ThingDone,
    name: 'NoteThings.handle',
    delivery: 'one-replica',
    policy: { delaysMs: [100] },
  } as const;
  return {
    service,
    topic,
    retries: `${service}.retry.100ms`,
    topology: computeTopology(definition, [facts]),
    handled,
    handles: (other: typeof handle) => (handle = other),
    start,
    /** Knows the topic as it is now. */
    startPublisher: async () => {
      const producer = broker.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
      await producer.connect();
      producers.push(producer);
      return async (thing: string, round: number) => {
        const messages = [{ key: thing, value: JSON.stringify({ thing, round }) }];
        await producer.send({ topic, messages });
      };
    },
    hears: (thing: string, round: number) =>
      eventually(`${thing} ${round}`, () => handled.some((one) => one.thing === thing && one.round === round)),
  };
}

const scratchTopic = async (config: Record<string, string> = {}): Promise<string> => {
  const topic = `${uniqueService('scratch')}.noted.v1`;
  await broker.createTopic(topic, 1, config);
  return topic;
};

const configOf = async (topic: string, ...names: string[]) => {
  const { resources } = await broker.admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: 2, name: topic, configNames: names }],
  });
  const entries = resources[0]?.configEntries ?? [];
  return names.map((name) => entries.find(({ configName }) => configName === name)?.configValue);
};

const begin = async (topic: string) => Number((await broker.admin.fetchTopicOffsets(topic))[0]?.low);

/** Until the program itself says that so many are older than that. */
const untilOld = (topic: string, count: number, retention: string) =>
  eventually(`${count} are older than ${retention}`, async () => {
    const { text } = await run('set', { topic, retention, dryRun: true });
    return text.includes(`${count} records of ${topic} are older than ${retention}, and go.`);
  });

describe('a setting of a topic', () => {
  it('is changed, and no other; a dry run changes none', async () => {
    const topic = await scratchTopic({ 'max.message.bytes': '2000', 'retention.ms': '1000000' });

    const dry = await run('set', { topic, retention: '12h', dryRun: true });
    expect(await configOf(topic, 'retention.ms')).toEqual(['1000000']);
    const { code, text } = await run('set', { topic, retention: '12h', config: ['segment.ms=500000'] });

    expect(await configOf(topic, 'retention.ms', 'segment.ms', 'max.message.bytes')).toEqual([
      '43200000',
      '500000',
      '2000',
    ]);
    expect({ code, text }).toEqual({
      code: 0,
      text: `${topic}: retention.ms 1000000 → 43200000\n${topic}: segment.ms 604800000 → 500000`,
    });
    expect(dry.text).toContain('Nothing was changed: --dry-run.');
    await run('set', { topic, reset: ['max.message.bytes'] });
    expect(await configOf(topic, 'retention.ms', 'max.message.bytes')).toEqual(['43200000', '1048588']);
  });

  it('is refused in a sentence where it is none, or the topic is none', async () => {
    const topic = await scratchTopic();
    const refused: [Partial<TopicsCall>, string][] = [
      [{}, 'Nothing to set: give --retention 7d'],
      [{ retention: '7 days' }, '--retention is "7 days": 30m, 12h, 7d or forever is expected.'],
      [{ config: ['retention.ms'] }, '--config is "retention.ms": name=value is expected.'],
      [
        { config: ['retention.ms=soon'] },
        `Kafka does not change ${topic}: Invalid value soon for configuration retention.ms`,
      ],
      [{ config: ['no.such=1'] }, `Kafka does not change ${topic}: Unknown topic config name: no.such`],
      [{ retention: '7d', reset: ['retention.ms'] }, 'retention.ms is given twice: once is expected.'],
      [{ topic: 'nowhere', retention: '7d' }, 'There is no topic nowhere, or this user may not see it'],
      [{ topic: '' }, '--topic is missing'],
    ];
    for (const [call, sentence] of refused) {
      const expected = { code: 'KAFKA_SETTINGS', message: expect.stringContaining(sentence) };
      await expect(run('set', { topic, ...call })).rejects.toMatchObject(expected);
    }
    await expect(run('shrink')).rejects.toThrow('"shrink" is none of list, set, grow.');
  });

  it('lets records vanish at once: what is older than the new retention', async () => {
    const topic = await scratchTopic();
    await broker.send(topic, { value: 'one' }, { value: 'two' });
    await untilOld(topic, 2, '1s');

    await run('set', { topic, retention: '1s' });

    await eventually('they are gone', async () => (await begin(topic)) === 2);
    expect(await broker.read(topic)).toEqual([]);
  });

  it('lets all but the last of each key vanish where it is compacted, and a topic of retries is refused', async () => {
    const topic = await scratchTopic();
    const config = ['segment.ms=500', 'min.cleanable.dirty.ratio=0.01', 'min.compaction.lag.ms=0'];
    for (let round = 0; round < 8; round++) {
      await broker.send(topic, ...['a', 'b', 'c', 'd'].map((key) => ({ key, value: `${key}${round}` })));
    }

    const { text } = await run('set', { topic, compact: true, config });

    expect(text).toContain('Of each key the last event is kept, for ever; a group that is behind sees no other.');
    await eventually('the last ones are left', async () => {
      await broker.send(topic, { key: 'roll', value: 'a segment that is written to is not compacted' });
      const left = (await broker.read(topic)).filter(({ key }) => String(key) !== 'roll');
      return left.map(({ value }) => String(value)).join() === 'a7,b7,c7,d7';
    });
    const retries = `${uniqueService('scratch')}.retry.1s`;
    await broker.createTopic(retries);
    await expect(run('set', { topic: retries, compact: true })).rejects.toThrow('is no topic of events');
  });

  it('that would lose what a group has not handled is changed only where that is said', async () => {
    const { service, topic, topology, start, startPublisher, handled, hears } = shopOf();
    const first = await start();
    const publish = await startPublisher();
    await publish('one', 1);
    await hears('one', 1);
    await eventually('the commit', async () => (await broker.lag(service, topic)) === 0);
    await first.stop();
    running = running.filter((replica) => replica !== first);
    await publish('two', 1);
    await publish('three', 1);
    await untilOld(topic, 3, '1s');

    const refused = await run('set', { topic, retention: '1s', topologies: [topology] });
    expect(refused).toEqual({
      code: 1,
      text: [
        `3 records of ${topic} are older than 1s, and go.`,
        `${service} has not handled 2 of them.`,
        'Nothing was changed: wait until they are handled, or say --lose-unread.',
      ].join('\n'),
    });
    expect(await configOf(topic, 'retention.ms')).toEqual(['604800000']);
    const { code } = await run('set', { topic, retention: '1s', topologies: [topology], loseUnread: true });
    await eventually('they are gone', async () =>
      (await broker.admin.fetchTopicOffsets(topic)).every(({ low, high }) => low === high),
    );
    await run('set', { topic, retention: '1h' });

    await start();
    await publish('four', 1);
    await hears('four', 1);
    expect(code).toBe(0);
    expect(handled.map(({ thing }) => thing)).toEqual(['one', 'four']);
  });
});

describe('the list of topics', () => {
  it('is whole while others come and go', async () => {
    const service = uniqueService('scratch');
    const stays = `${service}.stays.v1`;
    await broker.createTopic(stays, 2);
    let isOver = false;
    const comeAndGo = async (topic: string): Promise<void> => {
      while (!isOver) {
        await broker.admin.createTopics({ topics: [{ topic }], waitForLeaders: false });
        await broker.admin.deleteTopics({ topics: [topic] });
      }
    };
    const others = Promise.all([1, 2, 3].map((other) => comeAndGo(`${service}.passing-${other}.v1`)));

    const lists: string[] = [];
    try {
      while (lists.length < 20) lists.push((await run('list', { json: true })).text);
    } finally {
      isOver = true;
      await others;
    }

    expect(lists.filter((list) => !list.includes(`{"topic":"${stays}","partitions":2,`))).toEqual([]);
    expect(lists.filter((list) => list.includes(`${service}.passing-`))).not.toEqual([]);
  });
});

describe('a topic that is to have other partitions', () => {
  it('is left as it is where it would shrink, and the sentence says why', async () => {
    const topic = `${uniqueService('scratch')}.noted.v1`;
    await broker.createTopic(topic, 2);

    await expect(run('grow', { topic, partitions: '1' })).rejects.toThrow(
      'has 2 partitions and can not have 1: Kafka takes none away',
    );
    await expect(run('grow', { topic, partitions: 'many' })).rejects.toThrow(
      '--partitions is "many": a whole number from 1 to 10000 is expected.',
    );

    expect((await run('grow', { topic, partitions: '2' })).text).toContain(`${topic} has 2 partitions already.`);
    expect(await broker.partitions(topic)).toBe(2);
  });

  it('is listed with what differs from its contract', async () => {
    const { service, topic, topology, start } = shopOf();
    await start();
    const left = `${service}.left-over.v1`;
    await broker.createTopic(left);
    await run('set', { topic, retention: '12h' });
    await run('grow', { topic, partitions: '4', topologies: [topology] });

    const { text } = await run('list', { json: true, topologies: [topology] });

    const listed = text
      .split('\n')
      .map((line) => JSON.parse(line) as { topic: string; partitions: number; differs: string[] });
    const own = listed.filter(({ topic: name, differs }) => name.startsWith(service) && differs.length > 0);
    expect(own).toEqual([
      { topic: left, partitions: 1, retentionMs: 604_800_000, cleanup: 'delete', differs: ['no contract says it'] },
      {
        topic,
        partitions: 4,
        retentionMs: 43_200_000,
        cleanup: 'delete',
        differs: ['its contract says 2 partitions', 'retention.ms is 43200000, its contract says 604800000'],
      },
    ]);
  });

  it('grows after the retry topics, under a running group that loses nothing, and breaks the order of keys that move', async () => {
    const { topic, retries, topology, start, startPublisher, handles, handled, hears } = shopOf();
    const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`);
    const moved = keys.filter((key) => partitionOf(Buffer.from(key), 8) > 1);
    const [held = '', failing = ''] = moved;
    let release: () => void = () => undefined;
    const door = new Promise<void>((open) => (release = open));
    handles(async ({ thing, round }, attempt) => {
      if (thing === held && round === 1) await door;
      if (thing === failing && round === 2 && attempt === 1) throw new Error('once');
    });
    await start();
    const before = await startPublisher();
    await before(held, 1);
    const dry = await run('grow', { topic, partitions: '8', topologies: [topology], dryRun: true });
    expect([await broker.partitions(topic), await broker.partitions(retries)]).toEqual([2, 6]);

    const { text } = await run('grow', { topic, partitions: '8', topologies: [topology] });

    const [first, second, ...sentences] = text.split('\n');
    expect([first, second]).toEqual([`${retries}: 6 → 8 partitions`, `${topic}: 2 → 8 partitions`]);
    expect(sentences[0]).toContain('About 75 of 100 keys move to another partition');
    expect(dry.text).toBe(`${text}\nNothing was changed: --dry-run.`);
    const after = await startPublisher();
    await Promise.all(keys.map((key) => after(key, 2)));
    // The first of this key is still in its handler: in one partition the second would wait behind it.
    await hears(held, 2);
    expect(handled).not.toContainEqual({ thing: held, round: 1 });
    await Promise.all(moved.map((key) => hears(key, 2)));
    release();
    await Promise.all(keys.map((key) => hears(key, 2)));
    await hears(held, 1);
    expect(handled).toHaveLength(keys.length + 1);
    const [retried] = await broker.read(retries);
    expect({ key: String(retried?.key), partition: retried?.partition }).toEqual({
      key: failing,
      partition: partitionOf(Buffer.from(failing), 8),
    });
  });

  it('leaves a third replica idle with two partitions, and gives it one when it has three', async () => {
    const { service, topic, topology, start } = shopOf();
    await Promise.all([start(), start(), start()]);
    const shares = async () => {
      const members = Object.values(await broker.assignments(service));
      return members.map((names) => names.filter((name) => name.startsWith(`${topic}/`)).length).sort();
    };
    await eventually('one has none', async () => (await shares()).join() === '0,1,1');

    await run('grow', { topic, partitions: '3', topologies: [topology] });

    await broker.evict(service); // a rejoin, instead of 10 s until the next look
    await eventually('each has one', async () => (await shares()).join() === '1,1,1');
  });
});
