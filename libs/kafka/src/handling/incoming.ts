import { type ConsumedRecord, headerText } from '../client/index.js';
import { type ContractClass, fulfil } from '../contract/index.js';
import { type Trail, trailFrom } from '../correlation/correlation.js';
import { NotJsonError, toError } from '../errors-and-retries/classify.js';

/** What a record says of itself in its headers; all of it is foreign input. */
export interface Incoming {
  /** `ce_id`; without one `topic/partition/offset`. */
  readonly id: string;
  readonly type: string;
  readonly trail: Trail;
}

export function readHeaders(record: ConsumedRecord): Incoming {
  const { headers, topic, partition, offset } = record;
  return {
    id: headerText(headers, 'ce_id') || `${topic}/${partition}/${offset}`,
    type: headerText(headers, 'ce_type') || topic,
    trail: trailFrom(headerText(headers, 'correlation-id'), headerText(headers, 'traceparent')),
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The record's value as JSON; a tombstone is null.
 * @throws NotJsonError for anything else, with its size and not its content: a payload may hold secrets
 */
export function readValue({ value }: ConsumedRecord): unknown {
  if (value === null) return null;
  try {
    return JSON.parse(utf8.decode(value)) as unknown;
  } catch (cause) {
    const why = cause instanceof SyntaxError ? 'no JSON' : 'not even UTF-8';
    throw new NotJsonError(`The value of ${value.length} bytes is ${why}.`);
  }
}

/** The record as its contract says, a fresh instance at each call; an error where it is no JSON or breaks the contract. */
export function readPayload(record: ConsumedRecord, contract: ContractClass): object {
  try {
    return fulfil(contract, readValue(record));
  } catch (error) {
    return toError(error);
  }
}
