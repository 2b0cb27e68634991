import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceAccess } from './access.js';
import { readTopologies } from './read-topologies.js';
import { accessTable, aclCommands } from './written.js';

const orders: ServiceAccess = {
  service: 'orders',
  user: "o'brien",
  rules: [
    {
      resource: 'topic',
      name: 'orders.',
      pattern: 'prefixed',
      operations: ['READ', 'DESCRIBE_CONFIGS'],
      why: 'its own topics',
    },
    { resource: 'group', name: 'orders', pattern: 'literal', operations: ['READ'], why: 'its consumer group' },
  ],
};

describe('rights that are written down', () => {
  it('are a table for people', () => {
    expect(accessTable([orders, { ...orders, user: 'orders', rules: [] }])).toEqual([
      "orders (user o'brien)",
      '  READ, DESCRIBE_CONFIGS  topic  orders.*  its own topics',
      '  READ                    group  orders    its consumer group',
      '',
      'orders',
    ]);
  });

  it('are commands that a shell takes as they are', () => {
    expect(aclCommands([orders])).toEqual([
      `kafka-acls.sh $KAFKA_ACLS_OPTIONS --add --allow-principal 'User:o'\\''brien' --operation Read --operation DescribeConfigs --topic orders. --resource-pattern-type prefixed`,
      `kafka-acls.sh $KAFKA_ACLS_OPTIONS --add --allow-principal 'User:o'\\''brien' --operation Read --group orders --resource-pattern-type literal`,
    ]);
  });
});

describe('a file that should hold a topology', () => {
  it.each([
    ['is missing', undefined, /orders\.json can't be read \(ENOENT\)/],
    ['is no JSON', 'orders', /orders\.json is no JSON: what `node dist\/main\.js --topology` of a service prints/],
    ['holds something else', '{"service":"orders"}', /orders\.json holds no topology/],
    ['holds an empty list', '[]', /orders\.json holds no topology/],
    ['holds null', 'null', /orders\.json holds no topology/],
  ])('is named where it %s', (_what, text, message) => {
    const folder = mkdtempSync(join(tmpdir(), 'acls-'));
    const file = join(folder, 'orders.json');
    if (text !== undefined) writeFileSync(file, text);

    expect(() => readTopologies([file])).toThrow(message);

    rmSync(folder, { recursive: true });
  });
});
