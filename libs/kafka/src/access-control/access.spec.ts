import { describe, expect, it } from '@jest/globals';
import { type ServiceDefinition, computeTopology, type HandlerFacts } from '../topology/topology.js';
import { OrderPlaced, PaymentCaptured, QuotePrice } from '../testing/contracts.js';
import { type AccessRule, deriveAccess, missingServices } from './access.js';

const contracts = [OrderPlaced, PaymentCaptured, QuotePrice];

const handler = (contract: HandlerFacts['contract'], facts: Partial<HandlerFacts> = {}): HandlerFacts => ({
  contract,
  name: `On${contract.name}.handle`,
  delivery: 'one-replica',
  policy: { delaysMs: [1_000] },
  ...facts,
});

const topology = (
  service: string,
  handlers: HandlerFacts[],
  definition: Partial<ServiceDefinition> = {},
  deadLettersOf: string[] = [],
) =>
  computeTopology(
    { service, contracts, ...definition },
    handlers,
    deadLettersOf.map((of) => ({ of, name: 'Alerts.handle' })),
  );

const orders = topology('orders', [handler(PaymentCaptured)], { asks: [QuotePrice] });
const billing = topology('billing', [handler(OrderPlaced), handler(QuotePrice)], { groupId: 'billing-server' });
const alerts = topology('alerts', [], {}, ['billing']);

const rulesOf = (service: string, production = false): string[] =>
  (
    deriveAccess([orders, billing, alerts], { production }).find((access) => access.service === service)?.rules ?? []
  ).map(inShort);
const inShort = ({ operations, resource, name, pattern }: AccessRule): string =>
  `${operations.join('+')} ${resource} ${name}${pattern === 'prefixed' ? '*' : ''}`;

describe('the rights of a service', () => {
  it('are its own topics, what it handles of others, whom it asks, and its groups', () => {
    expect(rulesOf('orders')).toEqual([
      'READ+WRITE+DESCRIBE_CONFIGS+CREATE topic orders.*',
      'READ topic billing.payment-captured.v1',
      'WRITE topic billing.quote-price.v1',
      'READ group orders',
      'READ group orders.retry',
      'READ+DELETE group orders.replies.*',
    ]);
  });

  it('let it answer those who ask, in the group that it really has', () => {
    expect(rulesOf('billing')).toEqual([
      'READ+WRITE+DESCRIBE_CONFIGS+CREATE topic billing.*',
      'READ topic orders.order-placed.v1',
      'WRITE topic orders.replies',
      'READ group billing-server',
      'READ group billing.retry',
    ]);
  });

  it('are no topics of its own where it has none, and no writing where it only listens', () => {
    expect(rulesOf('alerts')).toEqual(['READ topic billing.dead-letters', 'READ group alerts']);
  });

  it('create nothing in production', () => {
    expect(rulesOf('orders', true)[0]).toBe('READ+WRITE+DESCRIBE_CONFIGS topic orders.*');
  });

  it('are one rule for each name, with every reason', () => {
    const twice = { ...orders, reads: [...orders.reads, ...orders.reads], asks: [{ topic: 'a.b.v1', owner: 'a' }] };
    const both = { ...twice, reads: [...twice.reads, { topic: 'a.b.v1', owner: 'a' }] };

    const [access] = deriveAccess([both]);

    expect(access?.rules.filter(({ name }) => name === 'billing.payment-captured.v1')).toHaveLength(1);
    expect(access?.rules.find(({ name }) => name === 'a.b.v1')).toEqual({
      resource: 'topic',
      name: 'a.b.v1',
      pattern: 'literal',
      operations: ['READ', 'WRITE'],
      why: 'handles what a says, asks a',
    });
  });

  it('belong to the user that the service has on the broker', () => {
    const access = deriveAccess([orders], { userOf: (service) => `svc-${service}` });

    expect(access.map(({ user }) => user)).toEqual(['svc-orders']);
  });

  it('are not derived for two services of one name or one group', () => {
    expect(() => deriveAccess([orders, orders])).toThrow('There are two topologies of orders: one is needed.');
    expect(() => deriveAccess([orders, topology('billing', [handler(OrderPlaced)], { groupId: 'orders' })])).toThrow(
      'orders and billing both have the group orders: each needs its own.',
    );
  });
});

describe('services whose topology was not given', () => {
  it('are named', () => {
    expect(missingServices([orders])).toEqual(['billing']);
    expect(missingServices([orders, billing])).toEqual([]);
  });
});
