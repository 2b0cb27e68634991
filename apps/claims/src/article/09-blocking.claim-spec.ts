import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { claim } from '../claim.js';
import { eventually, StockBroker, unique } from '../stock-broker.js';
import { hearer, startStock, type StockService } from '../stock-service.js';

const facts = {
  number: 9,
  says: 'A retry may block the topic, or the entire group if it has a single thread',
  verdict: 'imprecise',
  happens:
    'It blocks the partition of the message, for every member of the group. What that consumer has beside it, partitions ' +
    'and topics, is handled at each try and waits in the pauses between them: by default up to some ten seconds.',
  why: 'An error sends the whole consumer of kafkajs into its pause; the next fetch then brings all partitions again.',
  right: 'Short tries, then a dead letter. A pause that holds up nobody else must not be one of kafkajs.',
} as const;

const POISONED = 0;

claim(facts, () => {
  let broker: StockBroker;
  let topic: string;
  let services: StockService[];
  let cured: boolean;

  beforeAll(async () => {
    broker = await StockBroker.connect();
  });

  beforeEach(async () => {
    [topic, services, cured] = [unique('claim-09'), [], false];
    await broker.createTopic(topic, 3);
    await broker.send(topic, { partition: POISONED, value: 'poison' }, { partition: POISONED, value: 'behind it' });
  });

  afterEach(async () => {
    // kafkajs that is closed while it crashes starts again all the same.
    cured = true;
    await eventually('it goes on', async () => (await broker.committed(topic, topic, POISONED)) === 2);
    await Promise.all(services.map((service) => service.close()));
  });

  afterAll(() => broker.close());

  /** @returns what it hears */
  const start = async (group: string, pauseMs: number, poison = 'poison'): Promise<unknown[]> => {
    const heard: unknown[] = [];
    const handler = hearer(topic, (payload) => {
      heard.push(payload);
      if (payload === poison && !cured) throw new Error('it fails');
    });
    const retry = { retries: 5, initialRetryTime: pauseMs, maxRetryTime: pauseMs };
    const consumer = { retry, sessionTimeout: 6_000, heartbeatInterval: 200 };
    services.push(await startStock(broker, group, [handler], { consumer }));
    return heard;
  };

  it('another partition of the same consumer waits in the pauses, and is handled beside the tries', async () => {
    const elsewhere = await start(`${topic}-elsewhere`, 100, 'none');
    const heard = await start(topic, 6_000);
    await eventually('it is tried', () => heard.includes('poison'));

    await broker.send(topic, { partition: 1, value: 'fine' });
    await eventually('another group handles it', () => elsewhere.includes('fine'));

    expect(heard).toEqual(['poison']);
    // In which order, and with which of the tries, is up to the fetch.
    const tries = () => heard.filter((payload) => payload === 'poison').length;
    await eventually('another try, and it', () => heard.includes('fine') && tries() > 1);
    expect(heard).not.toContain('behind it');
  });

  it('in a group of two all other partitions are committed, and nobody gets past the message', async () => {
    const heard = [await start(topic, 50), await start(topic, 50)];
    await eventually('a consumer crashes', () => services.some(({ crashes }) => crashes.length > 0));

    await broker.send(topic, { partition: 1, value: 'fine' }, { partition: 2, value: 'fine, too' });

    const committed = (partition: number) => broker.committed(topic, topic, partition);
    await eventually('they are committed', async () => (await committed(1)) === 1 && (await committed(2)) === 1);
    await eventually('it is tried by both', () => heard.every((values) => values.includes('poison')));
    expect(await committed(POISONED)).toBe(-1);
    expect(heard.flat()).not.toContain('behind it');

    cured = true;
    await eventually('both are back', async () => (await broker.members(topic)) === 2);
  });
});
