import { type ConsumedRecord, headerBytes, headerText, type WireHeaders } from '../client/index.js';

/** Where a record came from first, in the headers that spring-kafka and tools for it know. */
const ORIGIN = {
  topic: 'kafka_dlt-original-topic',
  partition: 'kafka_dlt-original-partition',
  offset: 'kafka_dlt-original-offset',
  timestamp: 'kafka_dlt-original-timestamp',
  timestampType: 'kafka_dlt-original-timestamp-type',
  group: 'kafka_dlt-original-consumer-group',
} as const;

/** As Kafka limits names of topics and of groups, in characters. */
const LONGEST_TOPIC = 249;
const LONGEST_GROUP = 255;
/** Of a Date, in ms since 1970. */
const LATEST = 8_640_000_000_000_000n;

/** Where a record came from first; undefined is what its headers do not say, or not well. */
export interface Origin {
  readonly topic: string | undefined;
  readonly partition: number | undefined;
  readonly offset: bigint | undefined;
  /** Milliseconds since 1970. */
  readonly timestamp: number | undefined;
  readonly group: string | undefined;
}

/** partition int32, offset and timestamp int64, big endian; the rest text. */
export const originHeaders = (record: ConsumedRecord, group: string): WireHeaders => ({
  [ORIGIN.topic]: Buffer.from(record.topic),
  [ORIGIN.partition]: int32(record.partition),
  [ORIGIN.offset]: int64(record.offset),
  [ORIGIN.timestamp]: int64(BigInt(record.timestamp)),
  [ORIGIN.timestampType]: Buffer.from('CreateTime'),
  [ORIGIN.group]: Buffer.from(group),
});

/** Headers are foreign input. */
export function originOf(headers: WireHeaders): Origin {
  const topic = headerText(headers, ORIGIN.topic);
  const timestamp = readInt64(headerBytes(headers, ORIGIN.timestamp));
  return {
    topic: topic && topic.length <= LONGEST_TOPIC ? topic : undefined,
    partition: readInt32(headerBytes(headers, ORIGIN.partition)),
    offset: readInt64(headerBytes(headers, ORIGIN.offset)),
    timestamp: timestamp === undefined || timestamp > LATEST ? undefined : Number(timestamp),
    group: headerText(headers, ORIGIN.group)?.slice(0, LONGEST_GROUP) || undefined,
  };
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

function readInt32(bytes: Buffer | undefined): number | undefined {
  const value = bytes?.length === 4 ? bytes.readInt32BE() : -1;
  return value >= 0 ? value : undefined;
}

function readInt64(bytes: Buffer | undefined): bigint | undefined {
  const value = bytes?.length === 8 ? bytes.readBigInt64BE() : -1n;
  return value >= 0n ? value : undefined;
}
