import { describe, expect, it } from '@jest/globals';
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { foreignPartitionOf } from '../testing/foreign-partitioner.js';
import { partitionOf } from './partition-of.js';

describe('the partition of a key', () => {
  it('is the one that other clients choose, for 1 000 keys of every length', () => {
    const keys = [
      ...Array.from({ length: 600 }, (_, length) => randomBytes(length % 40)),
      ...Array.from({ length: 400 }, () => Buffer.from(randomUUID())),
    ];

    for (const key of keys) {
      const partitions = randomInt(1, 50);
      expect({ key, partition: partitionOf(key, partitions) }).toEqual({
        key,
        partition: foreignPartitionOf(key, partitions),
      });
    }
  });

  it('never changes', () => {
    expect(['order-1', 'order-2', 'order-3', ''].map((key) => partitionOf(Buffer.from(key), 6))).toEqual(
      ['order-1', 'order-2', 'order-3', ''].map((key) => foreignPartitionOf(Buffer.from(key), 6)),
    );
    expect(partitionOf(Buffer.from('21'), 2_147_483_647)).toBe(-973_932_308 & 0x7fffffff); // org.apache.kafka.common.utils.UtilsTest
  });
});
