import { Allow } from 'class-validator';
import { type ConsumedRecord, headerText } from '../../client/index.js';
import { giverUp, MAX_MESSAGE, MAX_NAME, REDRIVES } from '../dead-letter.js';
import { originOf } from '../origin.js';

/**
 * A dead letter of another service, as `@HandleDeadLetters` hands it over: read from the record's headers, which are foreign
 * input. What they do not say, or not well, is undefined or 0; texts are cut. Nothing of the message's value is parsed.
 */
export class DeadLetterReceived {
  /** Who gave up: the dead letter stands in its topic. */
  @Allow() readonly service!: string;
  /** `partition/offset` in that topic: what `fieldguide-dead-letters show` takes. */
  @Allow() readonly id!: string;
  /** When the service gave up; 1970 where the record does not say. */
  @Allow() readonly at!: Date;
  /** Where the message came from first. */
  @Allow() readonly topic!: string | undefined;
  /** Partition of that topic. */
  @Allow() readonly partition!: number | undefined;
  /** Offset in that partition. 64 bits: not a number. */
  @Allow() readonly offset!: bigint | undefined;
  /** The group in which it failed. */
  @Allow() readonly group!: string | undefined;
  /** `Class.method`; `(none)` where nobody handles such messages any more. */
  @Allow() readonly handler!: string | undefined;
  /** Calls of the handler; 0 where the message could not be read. */
  @Allow() readonly attempts!: number;
  /** How often it was sent back to be handled again. */
  @Allow() readonly redrives!: number;
  /** `request`: its asker is long gone, it is not sent back. */
  @Allow() readonly kind!: 'event' | 'request';
  /** The error's own `code`, else its class. */
  @Allow() readonly code!: string | undefined;
  /** Class of what was thrown. */
  @Allow() readonly error!: string | undefined;
  /** What the error said, and its causes. */
  @Allow() readonly message!: string | undefined;
  /** `ce_id` of the message. */
  @Allow() readonly messageId!: string | undefined;
  /** Key of the message. */
  @Allow() readonly key!: Buffer | null;
  /** The message's own bytes, which may hold secrets; null is a tombstone, or was dropped. */
  @Allow() readonly value!: Buffer | null;
  /** False where key or value were dropped: the message was larger than a dead letter may be. */
  @Allow() readonly isWhole!: boolean;
}

/** Never throws. */
export function readDeadLetter(record: ConsumedRecord): DeadLetterReceived {
  const { headers, partition, offset, key, value } = record;
  const text = (name: string, length = MAX_NAME): string | undefined =>
    headerText(headers, name)?.slice(0, length) || undefined;
  const { timestamp: _, ...origin } = originOf(headers);
  return Object.assign(new DeadLetterReceived(), {
    service: giverUp(record.topic),
    id: `${partition}/${offset}`,
    at: dateOf(record.timestamp),
    ...origin,
    handler: text('dead-letter-handler'),
    attempts: count(text('dead-letter-attempts')),
    redrives: count(text(REDRIVES)),
    kind: text('dead-letter-kind') === 'request' ? 'request' : 'event',
    code: text('dead-letter-code'),
    error: text('kafka_dlt-exception-fqcn'),
    message: text('kafka_dlt-exception-message', MAX_MESSAGE),
    messageId: text('ce_id'),
    key,
    value,
    isWhole: !headers['dead-letter-value-dropped'] && !headers['dead-letter-dropped'],
  } satisfies DeadLetterReceived);
}

const count = (text = ''): number => (/^\d{1,9}$/.test(text) ? Number(text) : 0);

/** One that can be printed, whatever the record says. */
function dateOf(timestamp: number): Date {
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime()) ? new Date(0) : date;
}
