import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { eventually } from './driver/eventually.js';
import { anyone, Shop } from './driver/shop.js';
import { Topics } from './driver/topics.js';

const PLACED = 'orders.order-placed.v1';

interface Listed {
  readonly topic: string;
  readonly partitions: number;
  readonly differs: readonly string[];
}

describe('the topics of the shop', () => {
  let shop: Shop;
  let topics: Topics;
  const scratch: string[] = [];

  beforeAll(async () => {
    shop = await Shop.connect();
    topics = await Topics.open();
  });
  afterEach(() => shop.restore());
  afterAll(async () => {
    topics.close();
    await shop.broker.admin.deleteTopics({ topics: scratch });
    await shop.close();
  });

  const scratchTopic = async (partitions: number): Promise<string> => {
    const topic = `scratch-${randomUUID()}`;
    const configEntries = [{ name: 'max.message.bytes', value: '2000' }];
    await shop.broker.admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] });
    scratch.push(topic);
    return topic;
  };

  const partitionsOf = async (topic: string): Promise<number> =>
    (await shop.broker.admin.fetchTopicOffsets(topic)).length;

  it('are what the contracts of all services say', async () => {
    const { code, out } = await topics.script('list', '--json');

    const listed = out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Listed);
    const own = listed.filter(({ topic }) => /^(orders|billing|notifications)\./.test(topic));
    expect(code).toBe(0);
    expect(own.filter(({ differs }) => differs.length > 0)).toEqual([]);
    expect(own.find(({ topic }) => topic === PLACED)?.partitions).toBe(6);
  });

  it('lose at once what is older than a retention that is set, and keep their other settings', async () => {
    const topic = await scratchTopic(1);
    await shop.broker.send(topic, { value: 'one' }, { value: 'two' });
    expect(await shop.broker.read(topic)).toHaveLength(2);

    const { code, out } = await topics.run('set', '--topic', topic, '--retention', '1s');

    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('retention.ms 604800000 → 1000') });
    await eventually('they are gone', async () => (await shop.broker.admin.fetchTopicOffsets(topic))[0]?.low === '2');
    const { resources } = await shop.broker.admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: topic, configNames: ['max.message.bytes'] }],
    });
    expect(resources[0]?.configEntries[0]?.configValue).toBe('2000');
  });

  it('tell before a retention is set who has not handled what would go', async () => {
    await Promise.all(['notifications-1', 'notifications-2'].map((replica) => shop.control.stop(replica)));
    const email = anyone();
    await shop.ordered({ email });

    await eventually('it is older than a second', async () => {
      // One to each try: a record whose time lies ahead, as another spec may have written one, keeps all behind it.
      await shop.ordered();
      const { out, error } = await topics.run('set', '--topic', PLACED, '--retention', '1s', '--dry-run');
      expect(`${error}${out}`).toMatch(/^notifications has not handled [1-9]\d* of them\.$/m);
      return /--dry-run\.$/m.test(out);
    });

    await shop.restore();
    expect(await shop.subjectsTo(email, 2)).toHaveLength(2);
  });

  it('grow, and not without the retry topics of those who handle them; none shrinks', async () => {
    const topic = await scratchTopic(2);

    const grown = await topics.run('grow', '--topic', topic, '--partitions', '4');
    const shrunk = await topics.run('grow', '--topic', topic, '--partitions', '3');
    const planned = await topics.run('grow', '--topic', PLACED, '--partitions', '12', '--dry-run');

    expect([grown.code, await partitionsOf(topic)]).toEqual([0, 4]);
    expect(shrunk).toMatchObject({ code: 2, error: expect.stringContaining('has 4 partitions and can not have 3') });
    expect(planned.out.split('\n').filter((line) => line.endsWith('6 → 12 partitions'))).toEqual([
      ...['billing', 'notifications'].flatMap((service) =>
        ['10s', '1m', '1s'].map((delay) => `${service}.retry.${delay}: 6 → 12 partitions`),
      ),
      `${PLACED}: 6 → 12 partitions`,
    ]);
    expect(planned.out).toContain('Running replicas of billing, notifications notice within 10 s');
    expect(await partitionsOf(PLACED)).toBe(6);
  });
});
