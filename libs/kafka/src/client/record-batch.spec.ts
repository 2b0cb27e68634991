import { describe, expect, it } from '@jest/globals';
import { createRequire } from 'node:module';
import { encodeRecordBatch } from './record-batch.js';
import type { OutgoingRecord, WireHeaders } from './record.js';

/** kafkajs' own encoder, record by record: slow, and in use for years. */
const kafkajs = createRequire(import.meta.url);
const Record = kafkajs('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => object;
const { RecordBatch } = kafkajs('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch: (batch: object) => Promise<{ buffer: Buffer }>;
};

const MARK = { producerId: 4_294_967_301n, producerEpoch: 3, sequence: 70_000 };
const NOW = Date.UTC(2026, 10, 25, 12, 30, 15, 123);

async function asKafkajs(records: readonly OutgoingRecord[]): Promise<Buffer> {
  const { producerEpoch, sequence } = MARK;
  const batch = await RecordBatch({
    firstTimestamp: NOW,
    maxTimestamp: NOW,
    partitionLeaderEpoch: -1,
    lastOffsetDelta: records.length - 1,
    producerId: String(MARK.producerId),
    producerEpoch,
    firstSequence: sequence,
    records: records.map(({ key, value, headers }, offsetDelta) => Record({ offsetDelta, key, value, headers })),
  });
  return batch.buffer;
}

const record = (value: Buffer | null, key: Buffer | null = null, headers: WireHeaders = {}): OutgoingRecord => ({
  topic: 'orders.order-placed.v1',
  partition: 0,
  key,
  value,
  headers,
});

const some = Buffer.from('something');
/** Lengths around which a length takes a byte more. */
const LENGTHS = [0, 1, 63, 64, 8_191, 8_192, 1_048_575, 1_048_576];

describe('a record batch is the one that kafkajs makes', () => {
  it.each<[string, OutgoingRecord[]]>([
    ['a value', [record(some)]],
    ['key and value', [record(some, Buffer.from('key'))]],
    ['a tombstone', [record(null, Buffer.from('key'))]],
    ['nothing at all', [record(null)]],
    ['an empty key and an empty value', [record(Buffer.alloc(0), Buffer.alloc(0))]],
    ['headers', [record(some, null, { ce_id: some, ce_type: Buffer.from([0, 255]), 'ümlaut-€': Buffer.alloc(0) })]],
    ['a header that is repeated, and one that is repeated never', [record(some, null, { a: [some, some], b: [] })]],
    ['names that are long', [record(some, null, { ['n'.repeat(63)]: some, ['n'.repeat(64)]: some })]],
    ['70 headers', [record(some, null, Object.fromEntries(Array.from({ length: 70 }, (_, at) => [`h${at}`, some])))]],
    ...LENGTHS.map((length): [string, OutgoingRecord[]] => [`${length} bytes`, [record(Buffer.alloc(length, 'x'))]]),
    ['9 000 records', Array.from({ length: 9_000 }, (_, at) => record(Buffer.from(`value ${at}`), null, { at: some }))],
  ])('%s', async (_, records) => {
    const ours = encodeRecordBatch(records, MARK, NOW);

    expect(ours.equals(await asKafkajs(records))).toBe(true);
  });

  it('also where more names are in use than are kept', async () => {
    const records = Array.from({ length: 1_100 }, (_, at) => record(some, null, { [`name-${at}`]: some }));

    expect(encodeRecordBatch(records, MARK, NOW).equals(await asKafkajs(records))).toBe(true);
    expect(encodeRecordBatch(records, MARK, NOW).equals(await asKafkajs(records))).toBe(true);
  });
});
