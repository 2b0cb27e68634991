import { describe, expect, it } from '@jest/globals';
import type { BrokerAdmin, TopicNow } from '../client/index.js';
import { NotReadyError } from '../errors.js';
import { PaymentCaptured } from '../testing/contracts.js';
import { prepareTopics } from './prepare-topics.js';
import { computeTopology } from './topology.js';

const handlers = [
  { contract: PaymentCaptured, name: 'On.handle', delivery: 'one-replica' as const, policy: { delaysMs: [] } },
];
const topology = computeTopology({ service: 'orders', contracts: [PaymentCaptured] }, handlers);
const options = { address: 'kafka:9092', production: false, brokerTimeoutMs: 1_000, topicTimeoutMs: 250 };
const FACTS: TopicNow = { partitions: 6, leaderless: 0, maxBytes: 1_000_000 };

/** Has the service's own topics; answers the first look, and what it is told from then on. */
function adminThat(answers: () => Promise<Map<string, TopicNow>>, { first }: { first?: TopicNow } = {}): BrokerAdmin {
  let looks = 0;
  const own = new Map(topology.owns.map(({ topic }) => [topic, FACTS]));
  if (first) own.set('billing.payment-captured.v1', first);
  return { topics: () => (looks++ === 0 ? Promise.resolve(new Map(own)) : answers()) } as unknown as BrokerAdmin;
}

describe('waiting for the topics of others', () => {
  it('names what is missing, also where the broker stopped answering meanwhile', async () => {
    const silent = adminThat(() => new Promise(() => undefined));

    const prepared = prepareTopics(topology, silent, options);

    await expect(prepared).rejects.toThrow(NotReadyError);
    await expect(prepared).rejects.toThrow('may not see them: billing.payment-captured.v1 (of billing).');
  });

  it('goes on when they are there', async () => {
    const admin = adminThat(() => Promise.resolve(new Map([['billing.payment-captured.v1', FACTS]])));

    await expect(prepareTopics(topology, admin, options)).resolves.toBeUndefined();
  });
});

describe('a topic with a partition that nobody leads', () => {
  const leaderless = { ...FACTS, leaderless: 1 };
  const payments = (facts: TopicNow) => Promise.resolve(new Map([['billing.payment-captured.v1', facts]]));

  it('has the time of a broker to get its leader, also in production', async () => {
    let looks = 0;
    const admin = adminThat(() => payments(++looks > 3 ? FACTS : leaderless), { first: leaderless });

    await expect(
      prepareTopics(topology, admin, { ...options, production: true, brokerTimeoutMs: 20_000, topicTimeoutMs: 1 }),
    ).resolves.toBeUndefined();
  });

  it('is not told to be missing', async () => {
    const prepared = prepareTopics(
      topology,
      adminThat(() => payments(leaderless)),
      options,
    );

    await expect(prepared).rejects.toThrow(NotReadyError);
    await expect(prepared).rejects.toThrow(
      'No broker leads some partitions of billing.payment-captured.v1 (of billing)',
    );
  });
});

describe('topics that were just created', () => {
  it('have the time of the broker to get their leaders, not that of other services', async () => {
    let looks = 0;
    // No leader at the first looks; the time for others is over long before.
    const admin = {
      topics: (names: readonly string[]) =>
        Promise.resolve(
          new Map(names.filter((name) => ++looks > 6 || name.startsWith('billing.')).map((name) => [name, FACTS])),
        ),
      createTopics: () => Promise.resolve(),
    } as unknown as BrokerAdmin;

    await expect(
      prepareTopics(topology, admin, { ...options, brokerTimeoutMs: 20_000, topicTimeoutMs: 1 }),
    ).resolves.toBeUndefined();
  });
});
