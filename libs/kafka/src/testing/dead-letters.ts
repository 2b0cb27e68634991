import { headerBytes, headerText, type WireHeaders } from '../client/index.js';
import type { BrokerUnderTest, SeenRecord } from './broker-under-test.js';

/** A dead letter as an operator's tool reads it. */
export interface SeenDeadLetter {
  readonly record: SeenRecord;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestamp: bigint;
  readonly group: string;
  readonly error: string;
  readonly cause: string;
  readonly message: string;
  readonly code: string;
  readonly handler: string;
  readonly attempts: number;
}

/** A service's dead letters, by the offset of what failed. */
export async function deadLettersOf(broker: BrokerUnderTest, service: string): Promise<SeenDeadLetter[]> {
  const letters = (await broker.read(`${service}.dead-letters`)).map(decode);
  return letters.sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
}

function decode(record: SeenRecord): SeenDeadLetter {
  const headers = (record.headers ?? {}) as WireHeaders;
  const text = (name: string): string => headerText(headers, name) ?? '(missing)';
  const bytes = (name: string, length: number): Buffer => {
    const value = headerBytes(headers, name);
    if (value?.length !== length)
      throw new Error(`${name} has ${value?.length ?? 'no'} bytes; ${length} are expected.`);
    return value;
  };
  return {
    record,
    topic: text('kafka_dlt-original-topic'),
    partition: bytes('kafka_dlt-original-partition', 4).readInt32BE(),
    offset: bytes('kafka_dlt-original-offset', 8).readBigInt64BE(),
    timestamp: bytes('kafka_dlt-original-timestamp', 8).readBigInt64BE(),
    group: text('kafka_dlt-original-consumer-group'),
    error: text('kafka_dlt-exception-fqcn'),
    cause: text('kafka_dlt-exception-cause-fqcn'),
    message: text('kafka_dlt-exception-message'),
    code: text('dead-letter-code'),
    handler: text('dead-letter-handler'),
    attempts: Number(text('dead-letter-attempts')),
  };
}
