import type { ConsumedBatch, ConsumedRecord } from '../client/index.js';

export const TOPIC = 'orders.order-placed.v1';

/** A record as a consumer would have read it. */
export const recordAt = (offset: number, facts: Partial<ConsumedRecord> = {}): ConsumedRecord => ({
  topic: TOPIC,
  partition: 0,
  offset: BigInt(offset),
  timestamp: 1_700_000_000_000,
  key: Buffer.from('key'),
  value: Buffer.from('{}'),
  headers: {},
  bytes: (facts.value?.length ?? 2) + (facts.key?.length ?? 3),
  ...facts,
});

/** Records of a partition from one offset to another, both included. */
export function batchOf(first: number, last: number, facts: Partial<ConsumedBatch> = {}): ConsumedBatch {
  const { partition = 0 } = facts;
  return {
    topic: TOPIC,
    partition,
    records: Array.from({ length: last - first + 1 }, (_, index) => recordAt(first + index, { partition })),
    fetchedOffset: BigInt(first),
    lastOffset: BigInt(last),
    highWatermark: BigInt(last + 1),
    ...facts,
  };
}
