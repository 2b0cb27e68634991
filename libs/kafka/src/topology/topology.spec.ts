import { describe, expect, it } from '@jest/globals';
import { IsString } from 'class-validator';
import { Event } from '../contract/index.js';
import { SettingsError } from '../errors.js';
import { OrderPlaced, PaymentCaptured, QuotePrice } from '../testing/contracts.js';
import { computeTopology, type HandlerFacts } from './topology.js';

@Event('orders.order-placed.v1', { key: 'orderId', example: { orderId: '1' } })
class OrderPlacedAgain {
  @IsString() orderId!: string;
}

const contracts = [OrderPlaced, PaymentCaptured, QuotePrice];

const handler = (contract: HandlerFacts['contract'], facts: Partial<HandlerFacts> = {}): HandlerFacts => ({
  contract,
  name: `On${contract.name}.handle`,
  delivery: 'one-replica',
  policy: { delaysMs: [] },
  ...facts,
});

describe('the topology of a service', () => {
  it('is what it owns, reads, asks and answers, with its groups', () => {
    const topology = computeTopology({ service: 'orders', contracts, asks: [QuotePrice] }, [handler(PaymentCaptured)]);

    expect(topology).toEqual({
      service: 'orders',
      owns: [
        { topic: 'orders.order-placed.v1', partitions: 3, config: { 'retention.ms': '3600000' } },
        { topic: 'orders.replies', partitions: 6, config: { 'retention.ms': '3600000' } },
        {
          topic: 'orders.dead-letters',
          partitions: 6,
          config: { 'retention.ms': '2592000000', 'max.message.bytes': '1114124' },
        },
        { topic: 'orders.dead-letters.settled', partitions: 1, config: { 'cleanup.policy': 'compact' } },
      ],
      reads: [{ topic: 'billing.payment-captured.v1', owner: 'billing' }],
      asks: [{ topic: 'billing.quote-price.v1', owner: 'billing' }],
      answers: [],
      replies: 'orders.replies',
      groups: [
        { group: 'orders', pattern: 'literal' },
        { group: 'orders.replies.', pattern: 'prefixed' },
      ],
      handlers: [
        { handler: 'OnPaymentCaptured.handle', topic: 'billing.payment-captured.v1', delivery: 'one-replica' },
      ],
    });
  });

  it('reads the dead letters of others in its own group, and leaves their topics to them', () => {
    const name = 'Mail.handle';

    const topology = computeTopology(
      { service: 'notifications', contracts },
      [],
      [
        { of: 'orders', name },
        { of: 'billing', name },
      ],
    );

    expect(topology).toMatchObject({
      owns: [],
      reads: [
        { topic: 'orders.dead-letters', owner: 'orders' },
        { topic: 'billing.dead-letters', owner: 'billing' },
      ],
      groups: [{ group: 'notifications', pattern: 'literal' }],
      handlers: [
        { handler: 'Mail.handle', topic: 'orders.dead-letters', delivery: 'one-replica' },
        { handler: 'Mail.handle', topic: 'billing.dead-letters', delivery: 'one-replica' },
      ],
    });
  });

  it.each([
    [
      ['orders'],
      'Mail.handle handles the dead letters of orders, its own service: what fails here is logged, counted and told to onDeadLetter.',
    ],
    [
      ['billing', 'billing'],
      'Mail.handle and Mail.handle both handle the dead letters of billing: one handler for each service.',
    ],
  ])('is refused with handlers of the dead letters of %j', (services, message) => {
    const readers = services.map((of) => ({ of, name: 'Mail.handle' }));

    expect(() => computeTopology({ service: 'orders', contracts }, [], readers)).toThrow(new SettingsError(message));
  });

  it('names another group where the service keeps that of its past', () => {
    const definition = { service: 'orders', groupId: 'orders-server', contracts, asks: [QuotePrice] };

    expect(computeTopology(definition, [handler(PaymentCaptured)]).groups).toEqual([
      { group: 'orders-server', pattern: 'literal' },
      { group: 'orders.replies.', pattern: 'prefixed' },
    ]);
  });

  it.each(['', ' ', 'orders.retry', 'orders.replies.x'])('is refused with the group "%s"', (groupId) => {
    expect(() => computeTopology({ service: 'orders', groupId, contracts }, [])).toThrow(
      `groupId is "${groupId}": leave it out, or give the group whose offsets are kept.`,
    );
  });

  it('has a group of its own for every-replica delivery, and the common one only where it is used', () => {
    const { groups, owns, answers } = computeTopology({ service: 'billing', contracts }, [
      handler(PaymentCaptured, { delivery: 'every-replica' }),
    ]);

    expect(groups).toEqual([{ group: 'billing.replica.', pattern: 'prefixed' }]);
    expect(owns.map(({ topic }) => topic)).toEqual([
      'billing.payment-captured.v1',
      'billing.quote-price.v1',
      'billing.dead-letters',
      'billing.dead-letters.settled',
    ]);
    expect(owns[0]?.config).toEqual({ 'retention.ms': '-1' });
    expect(answers).toEqual([]);
  });

  it('asks and answers itself where every replica of it answers', () => {
    const { asks, answers, groups, owns, handlers } = computeTopology(
      { service: 'billing', contracts, asks: [QuotePrice] },
      [handler(QuotePrice, { delivery: 'every-replica' })],
    );

    expect({ asks, answers }).toEqual({
      asks: [{ topic: 'billing.quote-price.v1', owner: 'billing' }],
      answers: ['billing.quote-price.v1'],
    });
    expect(groups.map(({ group }) => group)).toEqual(['billing.replies.', 'billing.replica.']);
    expect(owns.map(({ topic }) => topic)).toContain('billing.replies');
    expect(handlers[0]?.delivery).toBe('every-replica');
  });

  it('has a retry topic for each delay of its event handlers, kept a week beyond it, and a group for all of them', () => {
    const { groups, owns } = computeTopology({ service: 'orders', contracts }, [
      handler(PaymentCaptured, { policy: { delaysMs: [250, 90_000] } }),
      handler(OrderPlaced, { policy: { delaysMs: [250, 3_600_000] } }),
    ]);

    expect(owns.filter(({ topic }) => topic.includes('retry'))).toEqual(
      [
        ['250ms', '604800250'],
        ['90s', '604890000'],
        ['1h', '608400000'],
      ].map(([delay, kept]) => ({
        topic: `orders.retry.${delay}`,
        partitions: 6,
        config: { 'retention.ms': kept, 'max.message.bytes': '1114124' },
      })),
    );
    expect(groups).toEqual([
      { group: 'orders', pattern: 'literal' },
      { group: 'orders.retry', pattern: 'literal' },
    ]);
  });

  it('has no retry topic for requests: their asker decides', () => {
    const { owns } = computeTopology({ service: 'billing', contracts }, [
      handler(QuotePrice, { policy: { delaysMs: [1_000] } }),
    ]);

    expect(owns.map(({ topic }) => topic).filter((topic) => topic.includes('retry'))).toEqual([]);
  });

  it('answers requests of its own', () => {
    expect(computeTopology({ service: 'billing', contracts }, [handler(QuotePrice)])).toMatchObject({
      answers: ['billing.quote-price.v1'],
      reads: [],
    });
  });

  it('is nothing but its topics for a service that only publishes', () => {
    const { owns, groups } = computeTopology({ service: 'orders', contracts }, []);

    expect(owns.map(({ topic }) => topic)).toEqual(['orders.order-placed.v1']);
    expect(groups).toEqual([]);
  });
});

describe('a definition that can not work', () => {
  const orders = { service: 'orders', contracts };

  it.each([
    [
      'a service name of another form',
      () => computeTopology({ service: 'Orders', contracts: [] }, []),
      '"Orders" is no service name: lower case letters, digits and hyphens are expected.',
    ],
    [
      'delays that do not grow',
      () => computeTopology({ ...orders, retryDelaysMs: [1_000, 1_000] }, []),
      'retryDelaysMs of orders is [1000, 1000]: each delay must be longer than the one before.',
    ],
    [
      'a delay of no time',
      () => computeTopology({ ...orders, retryDelaysMs: [0.5] }, []),
      'retryDelaysMs of orders is [0.5]: 0.5 is in it; whole milliseconds from 1 to 604800000 are needed.',
    ],
    [
      'two contracts of one topic',
      () => computeTopology({ service: 'orders', contracts: [OrderPlaced, OrderPlacedAgain] }, []),
      'OrderPlacedAgain and OrderPlaced are contracts of one topic, orders.order-placed.v1.',
    ],
    [
      'two handlers of one contract',
      () => computeTopology(orders, [handler(OrderPlaced), handler(OrderPlaced, { name: 'Other.handle' })]),
      'OnOrderPlaced.handle and Other.handle both handle OrderPlaced: one handler for each contract and service.',
    ],
    [
      'a handler of an unlisted contract',
      () => computeTopology({ service: 'orders', contracts: [] }, [handler(OrderPlaced)]),
      'OnOrderPlaced.handle handles OrderPlaced, which is not in the list of contracts given to KafkaModule.',
    ],
    [
      "a handler of another service's request",
      () => computeTopology(orders, [handler(QuotePrice)]),
      'OnQuotePrice.handle answers QuotePrice, which billing must answer: its topic is billing.quote-price.v1.',
    ],
    [
      'an event among the asks',
      () => computeTopology({ ...orders, asks: [OrderPlaced] }, []),
      'OrderPlaced is an event; `asks` lists requests.',
    ],
  ])('is refused: %s', (_, compute, sentence) => {
    expect(compute).toThrow(SettingsError);
    expect(compute).toThrow(sentence);
  });
});
