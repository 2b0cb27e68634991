import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type BrokerProxy, startBrokerProxy } from '../testing/broker-proxy.js';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { brokers } from '../testing/brokers.js';
import { uniqueService } from '../testing/service-under-test.js';
import { BrokerAdmin } from './broker-admin.js';
import { KafkaConnection } from './connection.js';
import { isPassing } from './failures.js';
import { withDefaults } from './settings.js';

describe('a question on a topic', () => {
  let broker: BrokerUnderTest;
  let proxy: BrokerProxy;
  let admin: BrokerAdmin;
  let topic: string;

  beforeEach(async () => {
    broker = await new BrokerUnderTest().connect();
    topic = `${uniqueService('asked')}.noted.v1`;
    await broker.createTopic(topic, 3);
    proxy = await startBrokerProxy(brokers()[0] ?? '');
    admin = new BrokerAdmin(new KafkaConnection('asking', withDefaults({ brokers: [proxy.kafka] }), 'spec'));
  });
  afterEach(async () => {
    await admin.close();
    await proxy.close();
    await broker.close();
  });

  // Of its questions kafkajs makes two; it swallows what kept the broker from answering the second.
  it.each<[string, () => Promise<unknown>, number]>([
    ['what a topic is like', () => admin.topics([topic]), 1],
    ['names of topics', () => admin.topicNames(), 1],
    ['names of topics', () => admin.topicNames(), 2],
  ])('%s: may be asked again where an answer was lost, and is answered then (%#)', async (_, ask, nth) => {
    const before = await ask();
    proxy.loseMetadataAnswer(nth);

    const lost: unknown = await ask().catch((error: unknown) => error);

    expect(lost).toBeInstanceOf(Error);
    expect(isPassing(lost)).toBe(true);
    expect(await ask()).toEqual(before);
  });

  it('is answered for each topic, for those that are there', async () => {
    await broker.growTopic(topic, 4);
    await broker.createTopic(`${topic}.other`, 1, {
      'max.message.bytes': '1000',
      'retention.ms': '60000',
      'segment.ms': '5',
    });

    const found = await admin.topics([topic, 'nobody.knows.v1', `${topic}.other`, topic]);

    expect([...found.entries()].sort()).toEqual([
      [topic, { partitions: 4, leaderless: 0, maxBytes: 1_048_588 }],
      [`${topic}.other`, { partitions: 1, leaderless: 0, maxBytes: 1000 }],
    ]);
    expect(await admin.topics([])).toEqual(new Map());
    expect(await admin.topicNames()).not.toContain('nobody.knows.v1');
    expect(await admin.keptMs([`${topic}.other`, 'nobody.knows.v1'])).toEqual(new Map([[`${topic}.other`, 60_005]]));
  });
});
