import { beforeEach, describe, expect, it } from '@jest/globals';
import type { TopicNow } from '../client/index.js';
import { eventually } from '../testing/eventually.js';
import { setClock } from '../testing/set-clock.js';
import { TopicDirectory } from './topic-directory.js';

const FACTS = { partitions: 6, leaderless: 0, maxBytes: 1_048_588 };

let questions: string[];
let there: Map<string, TopicNow>;
let failure: Error | undefined;

beforeEach(() => {
  questions = [];
  there = new Map([['orders.order-placed.v1', FACTS]]);
  failure = undefined;
});

const directory = (maxAgeMs = 60_000, reaskMs = 60_000): TopicDirectory =>
  new TopicDirectory(
    {
      topics: (names) => {
        questions.push(...names);
        if (failure) return Promise.reject(failure);
        return Promise.resolve(new Map([...there].filter(([name]) => names.includes(name))));
      },
    },
    maxAgeMs,
    reaskMs,
  );

describe('what is known of a topic', () => {
  it('is asked for once, however many wait for it', async () => {
    const topics = directory();

    const found = await Promise.all([1, 2, 3].map(() => topics.find('orders.order-placed.v1')));

    expect(found).toEqual([FACTS, FACTS, FACTS]);
    expect(questions).toHaveLength(1);
    expect(topics.known('orders.order-placed.v1')).toBe(FACTS);
  });

  it('is looked at again in the background when it is old: growth is noticed', async () => {
    const topics = directory(0);
    await topics.find('orders.order-placed.v1');
    there.set('orders.order-placed.v1', { ...FACTS, partitions: 12 });

    const known = await eventually('twelve partitions', () => {
      const facts = topics.known('orders.order-placed.v1');
      return facts?.partitions === 12 && facts;
    });

    expect(known.maxBytes).toBe(FACTS.maxBytes);
  });

  it('is forgotten where the topic is gone', async () => {
    const topics = directory(0);
    await topics.find('orders.order-placed.v1');
    there.clear();

    await eventually('nothing known', () => topics.known('orders.order-placed.v1') === undefined);
  });

  it('is asked again after it was forgotten', async () => {
    const topics = directory();
    await topics.find('orders.order-placed.v1');
    topics.forget('orders.order-placed.v1');
    await topics.find('orders.order-placed.v1');

    expect(questions).toHaveLength(2);
  });
});

describe('a topic that does not exist', () => {
  it('is asked for again after a while only', async () => {
    const topics = directory();

    await expect(topics.find('gone')).rejects.toMatchObject({ reason: 'UNKNOWN_TOPIC' });
    await expect(topics.find('gone')).rejects.toThrow('Topic gone does not exist, or this service may not see it.');
    expect(questions).toEqual(['gone']);
  });

  it('is found when it has been created since', async () => {
    const topics = directory(60_000, 1);
    await expect(topics.find('late')).rejects.toThrow();
    there.set('late', FACTS);

    const found = await eventually('the topic', () => topics.find('late').catch(() => undefined));

    expect(found).toBe(FACTS);
  });

  it('is found although the clock was set back since', async () => {
    const topics = directory(60_000, 1);
    await expect(topics.find('late')).rejects.toThrow();
    there.set('late', FACTS);

    const setRight = setClock(-3_600_000);
    const finding = eventually('the topic', () => topics.find('late').catch(() => undefined));

    expect(await finding.finally(setRight)).toBe(FACTS);
  });

  it('is not remembered for ever: names come from foreign input, too', async () => {
    const topics = directory();
    for (let count = 0; count < 1_001; count++) await topics.find(`no-${count}`).catch(() => undefined);
    questions = [];

    await topics.find('no-1000').catch(() => undefined);
    await topics.find('no-0').catch(() => undefined);

    expect(questions).toEqual(['no-0']);
  });
});

describe('a broker that does not say', () => {
  it('is away, where it is the way to it that fails', async () => {
    failure = Object.assign(new Error('connect ECONNREFUSED'), { name: 'KafkaJSConnectionError' });

    await expect(directory().find('orders.order-placed.v1')).rejects.toMatchObject({
      reason: 'BROKER_AWAY',
      message: 'No broker says what topic orders.order-placed.v1 is like: connect ECONNREFUSED',
    });
  });

  it('refuses, where it answered', async () => {
    failure = Object.assign(new Error('bad name'), { type: 'INVALID_TOPIC_EXCEPTION' });

    await expect(directory().find('a b')).rejects.toMatchObject({ reason: 'REFUSED', cause: failure });
  });
});
