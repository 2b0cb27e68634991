import { isUtf8 } from 'node:buffer';
import { type ConsumedRecord, headerText } from '../client/index.js';
import { type ContractClass, fulfil } from '../contract/index.js';
import { type CurrentMessage, nextSpan, type Trail, wellFormedId } from '../correlation/correlation.js';
import { NotJsonError, toError } from '../errors-and-retries/classify.js';

/**
 * What a record says of itself in its headers, all of it foreign input; and the trail of what handles it. Read when it is
 * asked for: of most messages nobody wants to know most of it.
 */
export class Incoming implements Trail {
  /** Calls of the handler; 0 while none was made, and where the record can't be read. */
  attempt = 0;
  #correlationId: string | undefined;
  #traceparent: string | undefined;

  constructor(
    readonly record: ConsumedRecord,
    /** It is handled once more, in a replay. */
    readonly replay = false,
  ) {}

  /** `ce_id`; without one `topic/partition/offset`. */
  get id(): string {
    const { headers, topic, partition, offset } = this.record;
    return headerText(headers, 'ce_id') || `${topic}/${partition}/${offset}`;
  }

  get type(): string {
    return headerText(this.record.headers, 'ce_type') || this.record.topic;
  }

  get time(): Date {
    const said = Date.parse(headerText(this.record.headers, 'ce_time') ?? '');
    return new Date(Number.isNaN(said) ? this.record.timestamp : said);
  }

  get correlationId(): string {
    return (this.#correlationId ??= wellFormedId(headerText(this.record.headers, 'correlation-id')));
  }

  get traceparent(): string {
    return (this.#traceparent ??= nextSpan(headerText(this.record.headers, 'traceparent')));
  }

  get message(): CurrentMessage | undefined {
    if (this.attempt === 0) return undefined;
    const { id, attempt, time, replay } = this;
    const { topic, partition, offset } = this.record;
    return { id, topic, partition, offset, attempt, time, replay };
  }
}

/** Some producers, .NET's among them, begin with one. */
const BYTE_ORDER_MARK = 0xfeff;

/**
 * The record's value as JSON; a tombstone is null.
 * @throws NotJsonError for anything else, with its size and not its content: a payload may hold secrets
 */
export function readValue({ value }: ConsumedRecord): unknown {
  if (value === null) return null;
  if (!isUtf8(value)) throw new NotJsonError(`The value of ${value.length} bytes is not even UTF-8.`);
  const text = value.toString('utf8');
  try {
    return JSON.parse(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text) as unknown;
  } catch {
    throw new NotJsonError(`The value of ${value.length} bytes is no JSON.`);
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
