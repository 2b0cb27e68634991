import { describe, expect, it } from '@jest/globals';
import type { BrokerAdmin, TopicFacts } from '../client/index.js';
import { NotReadyError } from '../errors.js';
import { PaymentCaptured } from '../testing/contracts.js';
import { prepareTopics } from './prepare-topics.js';
import { computeTopology } from './topology.js';

const handlers = [
  { contract: PaymentCaptured, name: 'On.handle', delivery: 'one-replica' as const, policy: { delaysMs: [] } },
];
const topology = computeTopology({ service: 'orders', contracts: [PaymentCaptured] }, handlers);
const options = { address: 'kafka:9092', production: false, brokerTimeoutMs: 1_000, topicTimeoutMs: 250 };
const FACTS: TopicFacts = { partitions: 6, maxBytes: 1_000_000 };

/** Has the service's own topics; answers the first look, and what it is told from then on. */
function adminThat(answers: () => Promise<Map<string, TopicFacts>>): BrokerAdmin {
  let looks = 0;
  const own = new Map(topology.owns.map(({ topic }) => [topic, FACTS]));
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
