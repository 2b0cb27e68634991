import { describe, expect, it } from '@jest/globals';
import { lagOf } from './lag.js';

const bounds = (...partitions: [low: bigint, high: bigint][]) =>
  new Map(partitions.map(([low, high], partition) => [partition, { low, high }]));

describe('how far a group is behind', () => {
  it('is what no handler is through with, in the partitions that it has, by topic', async () => {
    const positions = [
      { topic: 'a', partition: 0, offset: 7n },
      { topic: 'a', partition: 1, offset: undefined },
      { topic: 'b', partition: 1, offset: 5n },
    ];
    const admin = {
      bounds: (topic: string) =>
        Promise.resolve(topic === 'a' ? bounds([0n, 10n], [3n, 5n], [0n, 9n]) : bounds([0n, 1n], [6n, 6n])),
    };

    const lags = await lagOf({ positions }, admin)();

    expect(Object.fromEntries(lags)).toEqual({ a: 5, b: 0 });
  });

  it('is what it was while the broker does not answer', async () => {
    let answer = Promise.resolve(bounds([0n, 10n]));
    const lag = lagOf({ positions: [{ topic: 'a', partition: 0, offset: 7n }] }, { bounds: () => answer });
    await lag();

    answer = Promise.reject(new Error('the broker is away'));

    expect(Object.fromEntries(await lag())).toEqual({ a: 3 });
  });
});
