import type { ConsumedRecord, WireHeaders } from '../client/index.js';
import { isError } from '../errors-and-retries/classify.js';
import type { Draft } from '../publishing/record-sender.js';
import { originHeaders } from './origin.js';

/** Why a service gave up on a record. */
export interface GivingUp {
  readonly service: string;
  readonly group: string;
  /** `Class.method`, or what refused the record before a handler saw it. */
  readonly handler: string;
  /** Counts the first try; 0 where no handler was called. */
  readonly attempts: number;
  readonly error: Error;
  /** Its asker is long gone: it is not sent back to be handled again. Default: `event`. */
  readonly kind?: 'event' | 'request';
}

export const deadLetterTopic = (service: string): string => `${service}${ENDING}`;

/** Whose dead letters are in a topic. */
export const giverUp = (topic: string): string => (topic.endsWith(ENDING) ? topic.slice(0, -ENDING.length) : topic);

const ENDING = '.dead-letters';

/** What our headers may add to a record, in characters: its dead-letter topic accepts 64 KB more than those it serves. */
export const MAX_NAME = 200;
export const MAX_MESSAGE = 2_000;
const MAX_STACK = 8_000;

/**
 * The original bytes (key, value, headers untouched) and why they are here, in the headers that spring-kafka and tools for
 * it know: partition int32, offset and timestamp int64, big endian; the rest text.
 * Source: `org.springframework.kafka.support.KafkaHeaders`, `DeadLetterPublishingRecoverer`.
 * @param record as it was in its origin, whatever retry topics it went through
 */
export function deadLetter(record: ConsumedRecord, why: GivingUp): Draft {
  const headers: WireHeaders = { ...record.headers, ...ourHeaders(record, why) };
  return { topic: deadLetterTopic(why.service), key: record.key, value: record.value, headers };
}

const ourHeaders = (record: ConsumedRecord, why: GivingUp): WireHeaders => ({
  ...originHeaders(record, why.group),
  ...failureHeaders(why),
  'dead-letter-attempts': Buffer.from(String(why.attempts)),
  'dead-letter-kind': Buffer.from(why.kind ?? 'event'),
});

/** Who failed last, and of what. */
export function failureHeaders({ service, handler, error }: GivingUp): WireHeaders {
  const root = rootOf(error);
  return {
    'kafka_dlt-exception-fqcn': text(className(error), MAX_NAME),
    'kafka_dlt-exception-cause-fqcn': text(className(root), MAX_NAME),
    'kafka_dlt-exception-message': text(causeChain(error), MAX_MESSAGE),
    'kafka_dlt-exception-stacktrace': text(root.stack ?? '', MAX_STACK),
    'dead-letter-service': Buffer.from(service),
    'dead-letter-handler': Buffer.from(handler),
    'dead-letter-code': text(errorCode(error), MAX_NAME),
  };
}

/** How often it was sent back to be handled again; outlives what a failure leaves. */
export const REDRIVES = 'dead-letter-redrives';

/** Whether it is one that a failure has left, and the next failure replaces; how often it was redriven stays. */
export const isFailureHeader = (name: string): boolean => /^(kafka_dlt-|dead-letter-(?!redrives$))/.test(name);

/** What became of which dead letters, by `partition/offset`: compacted, a service's own. */
export const settledTopic = (service: string): string => `${service}.dead-letters.settled`;

/**
 * The same dead letter where the whole one is larger than its topic takes. A compressed record may be: the broker's limit
 * is for what travels. Its origin still has the value, at the partition and offset that the headers name.
 */
export function withoutValue(letter: Draft, record: ConsumedRecord): Draft {
  const dropped = Buffer.from(String(record.value?.length ?? 0));
  return { ...letter, value: null, headers: { ...letter.headers, 'dead-letter-value-dropped': dropped } };
}

/**
 * Where key and headers alone are larger: what is left always fits, and says where all of it is. Nothing of it is foreign:
 * a header of the record may bear one of our names.
 */
export function onlyOrigin(record: ConsumedRecord, why: GivingUp): Draft {
  const dropped = Buffer.from(String(record.bytes));
  const headers = { ...ourHeaders(record, why), 'dead-letter-dropped': dropped };
  return { topic: deadLetterTopic(why.service), key: null, value: null, headers };
}

/** The error's own `code`, else its class. */
export function errorCode(error: Error): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : className(error);
}

/** `class NoStock extends Error {}` leaves the name of its parent. */
export function className(error: Error): string {
  const name = String(error.name);
  return name === 'Error' ? error.constructor.name || name : name;
}

/** `what failed: why: because of what`, each message once. */
function causeChain(error: Error): string {
  const messages: string[] = [];
  for (let at: unknown = error; isError(at) && messages.length < 10; at = at.cause) messages.push(at.message);
  return [...new Set(messages)].join(': ');
}

function rootOf(error: Error): Error {
  let root = error;
  for (let depth = 0; isError(root.cause) && depth < 10; depth++) root = root.cause;
  return root;
}

/** Cut to a number of characters, each of which takes 3 bytes at most. What was thrown may hold anything in its fields. */
function text(value: unknown, length: number): Buffer {
  const whole = String(value);
  return Buffer.from(whole.length <= length ? whole : `${whole.slice(0, length - 1)}…`);
}
