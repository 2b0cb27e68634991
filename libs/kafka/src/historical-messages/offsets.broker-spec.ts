import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Consumer } from 'kafkajs';
import { KafkaConnection, withDefaults } from '../client/index.js';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { brokers } from '../testing/brokers.js';
import { uniqueService } from '../testing/service-under-test.js';
import { type OffsetsCall, runOffsets } from './offsets.js';

/** Young enough for retention. */
const BEGAN = Date.now() - 60_000;

describe('the offsets of a group', () => {
  const broker = new BrokerUnderTest();
  let group: string;
  let topic: string;
  let member: Consumer | undefined;

  beforeAll(async () => {
    await broker.connect();
  });
  beforeEach(async () => {
    group = uniqueService('standing');
    topic = `${group}.said.v1`;
    await broker.createTopic(topic, 2);
    await broker.send(
      topic,
      ...['0', '1', '2', '3'].map((value) => ({ partition: 0, value, timestamp: `${BEGAN + Number(value)}` })),
    );
    await join();
  });
  afterEach(() => leave());
  afterAll(() => broker.close());

  /** A member that has committed 3 of partition 0. */
  const join = async (): Promise<void> => {
    member = broker.kafka.consumer({ groupId: group, maxWaitTimeInMs: 50 });
    await member.connect();
    await member.subscribe({ topics: [topic] });
    const joined = new Promise<void>((resolve) => member?.on('consumer.group_join', () => resolve()));
    await member.run({ autoCommit: false, eachMessage: () => Promise.resolve() });
    await joined;
    await member.commitOffsets([{ topic, partition: 0, offset: '3' }]);
  };
  const leave = async (): Promise<void> => {
    await member?.disconnect();
    member = undefined;
  };

  const run = async (command: string, options: Partial<OffsetsCall> = {}): Promise<unknown[]> => {
    const lines: unknown[] = [];
    await runOffsets({
      ...{ command, group, topics: [], partition: undefined, to: undefined, dryRun: false, json: true },
      connect: () => new KafkaConnection('offsets', withDefaults({ brokers: brokers() }), 'spec'),
      out: (line) => lines.push(JSON.parse(line)),
      ...options,
    });
    return lines;
  };

  it('are shown with what is left', async () => {
    expect(await run('show')).toEqual([
      { topic, partition: 0, committed: '3', low: '0', high: '4', left: 1 },
      { topic, partition: 1, committed: null, low: '0', high: '0', left: 0 },
    ]);
  });

  it.each([
    ['beginning', 0, { again: 3, skipped: 0 }],
    ['end', 4, { again: 0, skipped: 1 }],
    [new Date(BEGAN + 2).toISOString(), 2, { again: 1, skipped: 0 }],
  ])('are moved to %s, as a number, and a dry run moves nothing', async (to, offset, sums) => {
    await leave();

    const wouldBe = await run('reset', { to, dryRun: true });
    expect(await broker.committed(group, topic)).toEqual([3, -1]);
    const done = await run('reset', { to });

    expect(done).toEqual(wouldBe);
    expect(done[0]).toEqual({ topic, partition: 0, from: '3', to: `${offset}`, ...sums });
    expect((await broker.committed(group, topic))[0]).toBe(offset);
  });

  it('are moved to an offset of one partition, where it has that', async () => {
    await leave();
    await run('reset', { to: '1', topics: [topic], partition: '0' });

    expect(await broker.committed(group, topic)).toEqual([1, -1]);
    await expect(run('reset', { to: '9', topics: [topic], partition: '0' })).rejects.toThrow(
      `${topic}/0 reaches from 0 to 4: 9 is outside of it.`,
    );
  });

  it('are not moved under members that run: the sentence names them, and the way out', async () => {
    await expect(run('reset', { to: 'beginning' })).rejects.toThrow(
      `Group ${group} has members, and would commit over it: stop outside first (npm run replicas -- stop outside)`,
    );
    expect(await broker.committed(group, topic)).toEqual([3, -1]);
  });

  it('are refused in a sentence where something is not there', async () => {
    await leave();

    await expect(run('show', { group: `${group}-2` })).rejects.toThrow(`There is no group ${group}-2 on the broker.`);
    await expect(run('show', { topics: [`${topic}2`] })).rejects.toThrow(`There is no topic ${topic}2 on the broker.`);
    await expect(run('show', { topics: [topic], partition: '7' })).rejects.toThrow(
      'has no partition 7: it has 0 to 1.',
    );
    await expect(run('reset', { to: 'noon' })).rejects.toThrow('"noon" is no time');
    await expect(run('reset', { to: '3' })).rejects.toThrow('--topic and --partition are needed');
    await expect(run('reset')).rejects.toThrow('reset needs a --to');
    await expect(run('forget')).rejects.toThrow('"forget" is none of show, reset.');
  });
});
