import { crc32c } from './crc32c.js';
import type { OutgoingRecord, WireHeaders } from './record.js';

/** Who sends a batch, so that the broker knows a copy of it. */
export interface ProducerMark {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** Of the first record; each record has the next one. Within 0 … 2^31 - 1. */
  readonly sequence: number;
}

/** Before the first record: from the base offset to the number of records. */
const HEADER_BYTES = 61;
/** What the sum is over: all behind it. */
const SUMMED_FROM = 21;

/**
 * A record batch of one partition, not compressed, all of them created at `now`. Written at once into one buffer: kafkajs
 * makes a buffer of each record and each header, which took most of a publish.
 * Source: Apache Kafka's documentation, "Record Batch" and "Record", format version 2.
 * @param now milliseconds since 1970
 */
export function encodeRecordBatch(records: readonly OutgoingRecord[], mark: ProducerMark, now: number): Buffer {
  let size = HEADER_BYTES;
  const bodies = records.map((record, index) => {
    const body = bodySize(record, index);
    size += varintSize(body) + body;
    return body;
  });
  const bytes = Buffer.allocUnsafe(size);
  bytes.writeBigInt64BE(0n, 0); // base offset: the broker's to choose
  bytes.writeInt32BE(size - 12, 8);
  bytes.writeInt32BE(-1, 12); // partition leader epoch: the broker's, too
  bytes.writeInt8(2, 16); // format version
  bytes.writeInt16BE(0, 21); // attributes: not compressed, create time, no transaction
  bytes.writeInt32BE(records.length - 1, 23);
  bytes.writeBigInt64BE(BigInt(now), 27); // of the first record
  bytes.writeBigInt64BE(BigInt(now), 35); // of the latest one
  bytes.writeBigInt64BE(mark.producerId, 43);
  bytes.writeInt16BE(mark.producerEpoch, 51);
  bytes.writeInt32BE(mark.sequence, 53);
  bytes.writeInt32BE(records.length, 57);
  let at = HEADER_BYTES;
  for (let index = 0; index < records.length; index++) {
    at = writeVarint(bytes, at, bodies[index] as number);
    at = writeBody(bytes, at, records[index] as OutgoingRecord, index);
  }
  bytes.writeUInt32BE(crc32c(bytes, SUMMED_FROM), 17);
  return bytes;
}

function bodySize({ key, value, headers }: OutgoingRecord, index: number): number {
  // Attributes, and a difference of 0 to the batch's time, take a byte each.
  let size = 2 + varintSize(index) + fieldSize(key) + fieldSize(value) + varintSize(countOf(headers));
  for (const name in headers) {
    const header = headers[name] as Buffer | readonly Buffer[];
    const nameBytes = nameField(name).length;
    if (Buffer.isBuffer(header)) size += nameBytes + fieldSize(header);
    else for (const one of header) size += nameBytes + fieldSize(one);
  }
  return size;
}

function writeBody(bytes: Buffer, from: number, { key, value, headers }: OutgoingRecord, index: number): number {
  bytes[from] = 0; // attributes
  bytes[from + 1] = 0; // difference to the batch's time
  let at = writeVarint(bytes, from + 2, index);
  at = writeField(bytes, at, key);
  at = writeField(bytes, at, value);
  at = writeVarint(bytes, at, countOf(headers));
  for (const name in headers) {
    const header = headers[name] as Buffer | readonly Buffer[];
    const field = nameField(name);
    if (Buffer.isBuffer(header)) at = writeHeader(bytes, at, field, header);
    else for (const one of header) at = writeHeader(bytes, at, field, one);
  }
  return at;
}

function writeHeader(bytes: Buffer, at: number, name: Buffer, value: Buffer): number {
  bytes.set(name, at);
  return writeField(bytes, at + name.length, value);
}

/** A repeated header counts as often as it is there. */
function countOf(headers: WireHeaders): number {
  let count = 0;
  for (const name in headers) {
    const header = headers[name] as Buffer | readonly Buffer[];
    count += Buffer.isBuffer(header) ? 1 : header.length;
  }
  return count;
}

/** Length and bytes; null has the length -1. */
const fieldSize = (bytes: Buffer | null): number => (bytes ? varintSize(bytes.length) + bytes.length : 1);

function writeField(bytes: Buffer, at: number, field: Buffer | null): number {
  const from = writeVarint(bytes, at, field ? field.length : -1);
  if (!field) return from;
  bytes.set(field, from);
  return from + field.length;
}

/** Protocol Buffers' signed encoding: small numbers of either sign are short. */
const zigzag = (value: number): number => ((value << 1) ^ (value >> 31)) >>> 0;

function varintSize(value: number): number {
  let size = 1;
  for (let rest = zigzag(value) >>> 7; rest > 0; rest >>>= 7) size++;
  return size;
}

function writeVarint(bytes: Buffer, from: number, value: number): number {
  let at = from;
  let rest = zigzag(value);
  for (; rest > 127; rest >>>= 7) bytes[at++] = (rest & 127) | 128;
  bytes[at++] = rest;
  return at;
}

/** Names come from foreign input, too, where a record is sent on: the first ones are kept, which are our own. */
const MAX_NAMES = 1_000;
const names = new Map<string, Buffer>();

/** A header's name as it travels, its length before it. */
function nameField(name: string): Buffer {
  const known = names.get(name);
  if (known) return known;
  const text = Buffer.from(name);
  const field = Buffer.allocUnsafe(varintSize(text.length) + text.length);
  writeField(field, 0, text);
  if (names.size < MAX_NAMES) names.set(name, field);
  return field;
}
