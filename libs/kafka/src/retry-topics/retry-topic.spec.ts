import { describe, expect, it } from '@jest/globals';
import { delayName, retryDelaysIn, retryTopic } from './retry-topic.js';

describe('a retry topic', () => {
  it.each([
    [1, '1ms'],
    [999, '999ms'],
    [1_000, '1s'],
    [1_500, '1500ms'],
    [90_000, '90s'],
    [60_000, '1m'],
    [3_600_000, '1h'],
    [86_400_000, '24h'],
  ])('is named after its delay: %i ms is %s', (delayMs, name) => {
    expect(delayName(delayMs)).toBe(name);
    expect(retryTopic('billing', delayMs)).toBe(`billing.retry.${name}`);
    expect(retryDelaysIn([`billing.retry.${name}`], 'billing')).toEqual([delayMs]);
  });

  it.each([
    'orders.retry.1s',
    'billing.retry',
    'billing.retry.',
    'billing.retry.soon',
    'billing.retry.0s',
    'billing.retry.1000ms',
    'billing.retry.60s',
    'billing.retry.1s.v1',
    'billing.retry.999999999h',
    'billing.order-placed.v1',
  ])('is no other topic: %s', (topic) => {
    expect(retryDelaysIn([topic], 'billing')).toEqual([]);
  });
});
