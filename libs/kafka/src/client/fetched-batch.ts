import type { Batch, IHeaders, KafkaMessage } from 'kafkajs';
import type { ConsumedBatch, ConsumedRecord, WireHeaders } from './record.js';
import { addField } from './record-headers.js';

/** A record that kafkajs has fetched. What few ask for is made when it is asked for. */
class FetchedRecord implements ConsumedRecord {
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly bytes: number;
  readonly #message: KafkaMessage;
  #headers: WireHeaders | undefined;

  constructor(
    readonly topic: string,
    readonly partition: number,
    message: KafkaMessage,
  ) {
    this.offset = BigInt(message.offset);
    this.key = message.key;
    this.value = message.value;
    this.bytes = (message.key?.length ?? 0) + (message.value?.length ?? 0) + headerBytes(message.headers);
    this.#message = message;
  }

  get timestamp(): number {
    return Number(this.#message.timestamp);
  }

  get headers(): WireHeaders {
    return (this.#headers ??= wireHeaders(this.#message.headers));
  }
}

export const toConsumedRecord = (topic: string, partition: number, message: KafkaMessage): ConsumedRecord =>
  new FetchedRecord(topic, partition, message);

export function toConsumedBatch(batch: Batch): ConsumedBatch {
  const { topic, partition } = batch;
  // kafkajs' types leave it out.
  const { fetchedOffset } = batch as unknown as { fetchedOffset: string };
  return {
    topic,
    partition,
    records: batch.messages.map((message) => toConsumedRecord(topic, partition, message)),
    fetchedOffset: BigInt(fetchedOffset),
    lastOffset: BigInt(batch.lastOffset()),
    highWatermark: BigInt(batch.highWatermark),
  };
}

function headerBytes(headers: IHeaders | undefined): number {
  let bytes = 0;
  for (const name in headers) {
    const value = headers[name];
    bytes += name.length;
    if (Array.isArray(value)) for (const each of value) bytes += each?.length ?? 0;
    else bytes += value?.length ?? 0;
  }
  return bytes;
}

/** Kafka knows headers without a value; kafkajs reads them as null and can't write them: they travel on as empty ones. */
function wireHeaders(headers: IHeaders | undefined): WireHeaders {
  const wire: Record<string, Buffer | readonly Buffer[]> = {};
  for (const name in headers) {
    const value = headers[name];
    addField(wire, name, Array.isArray(value) ? value.map(headerValue) : headerValue(value));
  }
  return wire;
}

const headerValue = (value: Buffer | string | null | undefined): Buffer =>
  Buffer.isBuffer(value) ? value : Buffer.from(value ?? '');
