import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { contractOf, ContractViolationError, fulfil } from '@fieldguide/kafka/contract';
import { ALL_CONTRACTS, OrderPlaced, Quote, QuotePrice } from './index.js';

const HERE = import.meta.dirname;
const SERVICES = readdirSync(join(HERE, '../../../apps'));
const files = readdirSync(HERE, { recursive: true, encoding: 'utf8' }).filter((file) => /\.v\d+\.ts$/.test(file));
const named = ALL_CONTRACTS.map((contract) => ({ contract, name: contract.name, facts: contractOf(contract) }));

/** The file that a contract has to stand in: `orders.order-placed.v1` in `orders/order-placed.v1.ts`. */
const fileOf = (topic: string): string => `${topic.replace('.', '/')}.ts`;
const fieldsOf = (broken: () => unknown): string[] => {
  try {
    broken();
  } catch (error) {
    if (error instanceof ContractViolationError) return error.violations.map((violation) => violation.field);
    throw error;
  }
  return [];
};

describe('the list of all contracts', () => {
  it('holds every contract file and nothing else', () => {
    expect(named.map(({ facts }) => fileOf(facts.topic)).sort()).toEqual(files.sort());
  });

  it('has no two contracts on one topic', () => {
    const topics = named.map(({ facts }) => facts.topic);

    expect(topics).toEqual([...new Set(topics)]);
  });
});

describe.each(named)('the contract $name', ({ contract, name, facts }) => {
  it('has an example that fulfils it and is its whole', () => {
    expect({ ...fulfil(contract, facts.example) }).toEqual(facts.example);
  });

  it('lies on a topic of a service that exists', () => {
    expect(SERVICES).toContain(facts.owner);
  });

  it('has its key in the example', () => {
    if (facts.kind === 'request') return expect(facts.reply.name).not.toBe('');
    expect((facts.example as Record<string, unknown>)[facts.key]).toEqual(expect.any(String));
  });

  it('says in its source what it means', () => {
    const source = readFileSync(join(HERE, fileOf(facts.topic)), 'utf8');

    expect(source).toMatch(new RegExp(`/\\*\\* [A-Z][^]{20,}?\\*/\\n@(Event|Request)\\([^]*export class ${name} `));
  });

  it('misses each field that is left out', () => {
    const missing = Object.keys(facts.example).map((field) => {
      const { [field]: _left, ...rest } = facts.example as Record<string, unknown>;
      return [field, fieldsOf(() => fulfil(contract, rest))];
    });

    for (const [field, fields] of missing) expect(fields).toContain(field);
  });

  it('has a version that its file names', () => {
    expect(basename(fileOf(facts.topic))).toContain(`.v${facts.version}.ts`);
  });
});

describe('an order', () => {
  const order = contractOf(OrderPlaced).example;
  const wrong = (change: object): string[] => [
    ...new Set(fieldsOf(() => fulfil(OrderPlaced, { ...order, ...change }))),
  ];

  it.each([
    '4111111111111111',
    '4111 1111 1111 1111',
    '4111-1111-1111-1111',
    'tok_4111111111111111',
    'tok_4111-1111-1111-1111',
    'visa',
    'tok_',
    '',
    7,
    null,
  ])('is refused with the card %p, whose value is not repeated', (card) => {
    expect(wrong({ card })).toEqual(['card']);
    expect(() => fulfil(OrderPlaced, { ...order, card })).not.toThrow(/4111/);
  });

  it.each(['tok_visa', 'tok_declined', 'tok_1NG8Du2eZvKYlo2C'])('takes the card token %s', (card) => {
    expect(wrong({ card })).toEqual([]);
  });

  it('takes a mail address with the digits of an id', () => {
    for (const digits of ['12345678-1234-4234-8234-123456789012', '123456789012', 'a4111111111111111'])
      expect(wrong({ customerEmail: `customer-${digits}@customers.example` })).toEqual([]);
  });

  it('is refused with a card number in another field', () => {
    expect(wrong({ customerEmail: '4111111111111111@customers.example' })).toEqual(['customerEmail']);
    expect(wrong({ lines: [{ sku: '4111-1111-1111-1111', quantity: 1 }] })).toEqual(['lines.0.sku']);
  });

  it.each([
    [[], ['lines']],
    [undefined, ['lines']],
    [[[]], ['lines']],
    [['tea'], ['lines', 'lines.0']],
    [{ sku: 'tea', quantity: 1 }, ['lines']],
    [Array.from({ length: 51 }, () => ({ sku: 'tea', quantity: 1 })), ['lines']],
    [[{ sku: 'tea', quantity: 0 }], ['lines.0.quantity']],
    [[{ sku: 'tea', quantity: 101 }], ['lines.0.quantity']],
    [[{ sku: 'tea', quantity: '1' }], ['lines.0.quantity']],
    [
      [{ sku: 'a b', quantity: 1 }, { quantity: 1 }],
      ['lines.0.sku', 'lines.1.sku'],
    ],
  ])('with the lines %j is refused, naming %j', (lines, fields) => {
    expect(wrong({ lines })).toEqual(fields);
  });

  it.each([
    [undefined, ['total']],
    [[], ['total']],
    ['12.50', ['total']],
    [{ cents: -1, currency: 'EUR' }, ['total.cents']],
    [{ cents: 12.5, currency: 'EUR' }, ['total.cents']],
    [{ cents: 2 ** 53, currency: 'EUR' }, ['total.cents']],
    [{ cents: 1, currency: 'euro' }, ['total.currency']],
  ])('with the total %j is refused, naming %j', (total, fields) => {
    expect(wrong({ total })).toEqual(fields);
  });
});

describe('a request for a quote', () => {
  it('says what its reply is', () => {
    expect(contractOf(QuotePrice)).toMatchObject({ kind: 'request', reply: Quote });
  });
});
