import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import kafkajs from 'kafkajs';
import { until } from './machine/until.js';
import { answers } from './machine/ports.js';
import { type OwnCluster, startOwnCluster } from './own-cluster.js';

const TOPIC = 'kept.by-all';
const GROUP = 'kept';
/** Three brokers take their time to start where others need the machine, too. */
const DEADLINE_MS = 240_000;

describe('three brokers that a test started for itself', () => {
  const usual = process.env['FIELDGUIDE_HOME'];
  const own = mkdtempSync(path.join(tmpdir(), 'own-cluster-'));
  let cluster: OwnCluster;
  let kafka: kafkajs.Kafka;
  let admin: kafkajs.Admin;

  beforeAll(async () => {
    process.env['FIELDGUIDE_HOME'] = own;
    cluster = await startOwnCluster();
    kafka = new kafkajs.Kafka({ brokers: cluster.kafka.split(','), logLevel: kafkajs.logLevel.NOTHING });
    admin = kafka.admin();
    await admin.connect();
    // Not every broker knows of it at once.
    await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 3 }], waitForLeaders: false });
    await until('the topic', 60_000, () => send('first'));
  }, DEADLINE_MS);

  afterAll(async () => {
    // Not there where its start failed.
    await (admin as kafkajs.Admin | undefined)?.disconnect();
    await (cluster as OwnCluster | undefined)?.remove();
    if (usual === undefined) delete process.env['FIELDGUIDE_HOME'];
    else process.env['FIELDGUIDE_HOME'] = usual;
    rmSync(own, { recursive: true, force: true });
  }, 60_000);

  const send = async (value: string): Promise<void> => {
    const producer = kafka.producer();
    await producer.connect();
    const messages = [0, 1, 2].map((partition) => ({ partition, value }));
    await producer.send({ topic: TOPIC, acks: -1, messages });
    await producer.disconnect();
  };

  const isUp = (id: number): Promise<boolean> => {
    const address = cluster.nodes.find((node) => node.id === id)?.address ?? '';
    return answers('127.0.0.1', Number(address.split(':')[1]));
  };

  it('keep each topic three times, the internal ones too, and answer when two have a message', async () => {
    const { topics } = await admin.fetchTopicMetadata();
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [TOPIC, '__consumer_offsets', '__transaction_state'].map((name) => ({
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name,
        configNames: ['min.insync.replicas'],
      })),
    });

    expect(topics.map(({ name }) => name)).toEqual(expect.arrayContaining([TOPIC, '__consumer_offsets']));
    for (const { partitions } of topics)
      for (const { replicas } of partitions) expect([...replicas].sort()).toEqual([1, 2, 3]);
    expect(resources.map(({ configEntries }) => configEntries[0]?.configValue)).toEqual(['2', '2', '2']);
  });

  it(
    'lead a partition one after another: where its leader is killed, another takes its place, and it comes back in sync',
    async () => {
      const first = await cluster.leaderOf(TOPIC, 0);

      await cluster.kill(first);
      const wasUp = await isUp(first);
      await until('another leader', 60_000, async () => expect(await cluster.leaderOf(TOPIC, 0)).not.toBe(first));
      await send('while it was away');
      await cluster.start(first);

      expect(wasUp).toBe(false);
      // It knows that it is in sync a moment before the others do.
      await until('all in sync', 10_000, async () => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [TOPIC] });
        expect(topics[0]?.partitions.map(({ isr }) => [...isr].sort())).toEqual([1, 2, 3].map(() => [1, 2, 3]));
      });
    },
    DEADLINE_MS,
  );

  it(
    'keep the offsets of a group on the one that is said to',
    async () => {
      await admin.setOffsets({ groupId: GROUP, topic: TOPIC, partitions: [{ partition: 0, offset: '1' }] });
      const first = await cluster.coordinatorOf(GROUP);

      await cluster.kill(first);
      await until('another coordinator knows them', 60_000, async () => {
        expect(await cluster.coordinatorOf(GROUP)).not.toBe(first);
        const [offsets] = await admin.fetchOffsets({ groupId: GROUP, topics: [TOPIC] });
        expect(offsets?.partitions.find(({ partition }) => partition === 0)?.offset).toBe('1');
      });
      await cluster.start(first);
    },
    DEADLINE_MS,
  );

  it(
    'wait for one that is started as soon as it was killed, until it has caught up',
    async () => {
      await send('before');

      await cluster.kill(2);
      await cluster.start(2);
      const wasUp = await isUp(2);
      await cluster.kill(await cluster.leaderOf(TOPIC, 0));
      await until('an answer of two', 60_000, () => send('after'));

      expect(wasUp).toBe(true);
    },
    DEADLINE_MS,
  );

  it('are three: there is no other to take away', async () => {
    await expect(cluster.kill(4)).rejects.toThrow('There is no broker 4: there are 3.');
  });
});
