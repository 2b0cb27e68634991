import type { Broker } from 'kafkajs';
import type { RawBroker } from './raw-broker.js';

/** A batch on its way to its partition. */
export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  /** As `encodeRecordBatch` has written it: the same bytes in each try, by which the broker knows a copy. */
  readonly bytes: Buffer;
}

/** What the broker says of one partition, e.g. `MESSAGE_TOO_LARGE`; undefined: it has the batch. */
export type Answer = { readonly refused: BrokerRefusal | undefined };

/** The broker's own name of what is wrong. */
export class BrokerRefusal extends Error {
  override readonly name = 'BrokerRefusal';
  constructor(readonly type: string) {
    super(`The broker answered ${type}.`);
  }
}

const PRODUCE = 0;
/** Since Apache Kafka 2.1; the latest that kafkajs speaks, whose answer has what is needed. */
const VERSION = 7;
const ALL_IN_SYNC = -1;
/** How long the broker may wait for its replicas, in ms. */
const REPLICATION_MS = 30_000;

/**
 * Sends batches that are encoded already; kafkajs keeps connection, time limit and throttling.
 * Source: Apache Kafka's documentation, "Produce API", version 7.
 * @returns what the broker says, by `topic/partition`; one that is missing was not answered
 */
export function produce(broker: Broker, batches: readonly PartitionBatch[]): Promise<Map<string, Answer>> {
  const connected = broker as RawBroker;
  const protocol = ({ version }: { version: number }) => {
    if (version < VERSION) throw new Error(`Apache Kafka 2.1 or later is needed: this one speaks Produce v${version}.`);
    return { request: requestOf(batches), response: { decode: decodeAnswers, parse: answersOf } };
  };
  const request = connected.lookupRequest(PRODUCE, { versions: [String(VERSION)], protocol });
  return connected.connectionPool.send({ ...request, logResponseError: false });
}

const requestOf = (batches: readonly PartitionBatch[]) => ({
  apiKey: PRODUCE,
  apiVersion: VERSION,
  apiName: 'Produce',
  // kafkajs copies what lies in `buf` and `buffer`, as its own encoder has them.
  encode: () => {
    const bytes = encodeRequest(batches);
    return { buf: bytes, buffer: bytes };
  },
});

function encodeRequest(batches: readonly PartitionBatch[]): Buffer {
  const topics = new Map<string, { name: Buffer; batches: PartitionBatch[] }>();
  let size = 2 + 2 + 4 + 4;
  for (const batch of batches) {
    let topic = topics.get(batch.topic);
    if (!topic) {
      topic = { name: Buffer.from(batch.topic), batches: [] };
      topics.set(batch.topic, topic);
      size += 2 + topic.name.length + 4;
    }
    topic.batches.push(batch);
    size += 4 + 4 + batch.bytes.length;
  }
  const bytes = Buffer.allocUnsafe(size);
  let at = bytes.writeInt16BE(-1, 0); // no transaction
  at = bytes.writeInt16BE(ALL_IN_SYNC, at);
  at = bytes.writeInt32BE(REPLICATION_MS, at);
  at = bytes.writeInt32BE(topics.size, at);
  for (const topic of topics.values()) {
    at = bytes.writeInt16BE(topic.name.length, at);
    bytes.set(topic.name, at);
    at = bytes.writeInt32BE(topic.batches.length, at + topic.name.length);
    for (const batch of topic.batches) {
      at = bytes.writeInt32BE(batch.partition, at);
      at = bytes.writeInt32BE(batch.bytes.length, at);
      bytes.set(batch.bytes, at);
      at += batch.bytes.length;
    }
  }
  return bytes;
}

interface Decoded {
  readonly answers: Map<string, Answer>;
  /** ms; kafkajs holds the next request back that long. */
  readonly clientSideThrottleTime: number;
}

/** Base offset, append time and start of the log, 8 bytes each, are nobody's question here. */
const BEHIND_ERROR = 24;

function decodeAnswers(bytes: Buffer): Promise<Decoded> {
  const answers = new Map<string, Answer>();
  let at = 4;
  for (let topics = bytes.readInt32BE(0); topics > 0; topics--) {
    const nameEnd = at + 2 + bytes.readInt16BE(at);
    const topic = bytes.toString('utf8', at + 2, nameEnd);
    at = nameEnd + 4;
    for (let partitions = bytes.readInt32BE(nameEnd); partitions > 0; partitions--) {
      const code = bytes.readInt16BE(at + 4);
      const refused = code === 0 ? undefined : new BrokerRefusal(NAMES[code] ?? `error code ${code}`);
      answers.set(`${topic}/${bytes.readInt32BE(at)}`, { refused });
      at += 6 + BEHIND_ERROR;
    }
  }
  return Promise.resolve({ answers, clientSideThrottleTime: bytes.readInt32BE(at) });
}

const answersOf = ({ answers }: Decoded): Promise<Map<string, Answer>> => Promise.resolve(answers);

/** What a Produce request may be answered. Source: Apache Kafka's documentation, "Error Codes"; names as kafkajs has them. */
const NAMES: Readonly<Record<number, string>> = {
  [-1]: 'UNKNOWN',
  2: 'CORRUPT_MESSAGE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_FOR_PARTITION',
  7: 'REQUEST_TIMED_OUT',
  10: 'MESSAGE_TOO_LARGE',
  13: 'NETWORK_EXCEPTION',
  17: 'INVALID_TOPIC_EXCEPTION',
  18: 'RECORD_LIST_TOO_LARGE',
  19: 'NOT_ENOUGH_REPLICAS',
  20: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  21: 'INVALID_REQUIRED_ACKS',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  31: 'CLUSTER_AUTHORIZATION_FAILED',
  32: 'INVALID_TIMESTAMP',
  42: 'INVALID_REQUEST',
  44: 'POLICY_VIOLATION',
  45: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  46: 'DUPLICATE_SEQUENCE_NUMBER',
  47: 'INVALID_PRODUCER_EPOCH',
  53: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  56: 'KAFKA_STORAGE_ERROR',
  59: 'UNKNOWN_PRODUCER_ID',
  74: 'FENCED_LEADER_EPOCH',
  87: 'INVALID_RECORD',
  89: 'THROTTLING_QUOTA_EXCEEDED',
};
