import { describe, expect, it } from '@jest/globals';
import { services } from '../workspace.js';
import { isOurs } from './external-data.js';

describe("a name on somebody else's broker", () => {
  it('is ours when it begins with one of our services', () => {
    const names = [
      'orders',
      'orders.order-placed.v1',
      'orders2',
      'orders-archive',
      'billing.retry.10s',
      '__consumer_offsets',
    ];

    expect(names.filter((name) => isOurs(name, ['orders', 'billing']))).toEqual([
      'orders',
      'orders.order-placed.v1',
      'billing.retry.10s',
    ]);
  });

  it('is judged by the services that are in apps/', () => {
    expect(services()).toEqual(expect.arrayContaining(['billing', 'notifications', 'orders']));
    expect(services()).not.toContain('e2e');
  });
});
