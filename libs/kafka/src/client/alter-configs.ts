import type { Broker } from 'kafkajs';
import { SettingsError } from '../errors.js';
import type { RawBroker } from './raw-broker.js';

/** A setting of a topic as it is to be; null: as the broker has it by default. */
export interface ConfigChange {
  /** As Kafka knows it, e.g. `retention.ms`. */
  readonly name: string;
  readonly value: string | null;
}

interface Answer {
  readonly code: number;
  readonly message: string;
  readonly clientSideThrottleTime: number;
}

const INCREMENTAL_ALTER_CONFIGS = 44;
const TOPIC = 2;
const SET = 0;
const DELETE = 1;

/**
 * Changes what is named and nothing else. kafkajs knows only AlterConfigs, which puts every setting that is not named back
 * to its default: to read all and send them back would undo what somebody else changes meanwhile.
 * Source: Apache Kafka's documentation, "IncrementalAlterConfigs API", version 0 (since Apache Kafka 2.3).
 * @param validateOnly the broker looks at it, and changes nothing
 * @throws SettingsError with the broker's own sentence where it refuses
 */
export async function alterTopicConfigs(
  broker: Broker,
  topic: string,
  changes: readonly ConfigChange[],
  validateOnly: boolean,
): Promise<void> {
  const connected = broker as RawBroker;
  const request = {
    apiKey: INCREMENTAL_ALTER_CONFIGS,
    apiVersion: 0,
    apiName: 'IncrementalAlterConfigs',
    // kafkajs copies what lies in `buf` and `buffer`, as its own encoder has them.
    encode: () => {
      const bytes = encode(topic, changes, validateOnly);
      return { buf: bytes, buffer: bytes };
    },
  };
  const response = { decode: (bytes: Buffer) => Promise.resolve(decode(bytes)), parse: (answer: Answer) => answer };
  const found = connected.lookupRequest(INCREMENTAL_ALTER_CONFIGS, {
    versions: ['0'],
    protocol: () => ({ request, response }),
  });
  const { code, message } = await connected.connectionPool.send<Answer>({ ...found, logResponseError: false });
  if (code !== 0) throw new SettingsError(`Kafka does not change ${topic}: ${message || `error code ${code}`}`);
}

function encode(topic: string, changes: readonly ConfigChange[], validateOnly: boolean): Buffer {
  return Buffer.concat([
    int32(1),
    Buffer.from([TOPIC]),
    text(topic),
    int32(changes.length),
    ...changes.map(({ name, value }) =>
      Buffer.concat([text(name), Buffer.from([value === null ? DELETE : SET]), text(value)]),
    ),
    Buffer.from([validateOnly ? 1 : 0]),
  ]);
}

/** The answer is about one topic. */
function decode(bytes: Buffer): Answer {
  const length = bytes.readInt16BE(10);
  return {
    clientSideThrottleTime: bytes.readInt32BE(0),
    code: bytes.readInt16BE(8),
    message: length > 0 ? bytes.toString('utf8', 12, 12 + length) : '',
  };
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function text(value: string | null): Buffer {
  const bytes = Buffer.from(value ?? '');
  const length = Buffer.alloc(2);
  length.writeInt16BE(value === null ? -1 : bytes.length);
  return Buffer.concat([length, bytes]);
}
