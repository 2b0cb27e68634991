import { type ConsumedRecord, headerText, type WireHeaders } from '../client/index.js';
import { failureHeaders, type GivingUp, isFailureHeader, REDRIVES } from '../dead-letters/dead-letter.js';
import { ownHeaders } from '../dead-letters/letter.js';
import { originHeaders, originOf } from '../dead-letters/origin.js';
import type { Draft } from '../publishing/record-sender.js';
import { retryTopic } from './retry-topic.js';

/** When it may be handled again: milliseconds since 1970, as text. */
const DUE = 'retry-due';
/** How often a handler was called for it, as text. */
const ATTEMPTS = 'retry-attempts';

/** No message is tried so often. */
const MOST_ATTEMPTS = 1_000;

/** A record that its handler failed for, on its way to be tried again. */
export interface Retry {
  /** As it was in the topic that it came from, with its own headers. */
  readonly record: ConsumedRecord;
  /** Calls of the handler until now. */
  readonly attempts: number;
  /** The group in which it failed first. */
  readonly group: string;
}

/**
 * The record for `<service>.retry.<delay>`: its own bytes and headers, where it came from first, what failed last, and when
 * it is due.
 * @param record as it was in its origin
 */
export function retryRecord(record: ConsumedRecord, why: GivingUp, delayMs: number): Draft {
  const headers: WireHeaders = {
    ...record.headers,
    ...originHeaders(record, why.group),
    ...failureHeaders(why),
    [ATTEMPTS]: Buffer.from(String(why.attempts)),
    [DUE]: Buffer.from(String(Date.now() + delayMs)),
  };
  return { topic: retryTopic(why.service, delayMs), key: record.key, value: record.value, headers };
}

/**
 * The same for a dead letter that is sent back: due at once, as if it had never been handled.
 * @param letter as it stands among the dead letters; its headers say where it came from first
 */
export function redrivenRecord(letter: ConsumedRecord, service: string, delayMs: number, redrives: number): Draft {
  const origin = Object.fromEntries(
    Object.entries(letter.headers).filter(([name]) => name.startsWith('kafka_dlt-original-')),
  );
  const headers: WireHeaders = {
    ...ownHeaders(letter),
    ...origin,
    [REDRIVES]: Buffer.from(String(redrives)),
    [ATTEMPTS]: Buffer.from('0'),
    [DUE]: Buffer.from(String(Date.now())),
  };
  return { topic: retryTopic(service, delayMs), key: letter.key, value: letter.value, headers };
}

/**
 * Milliseconds since 1970. A header is foreign input: nothing is due later than its topic's delay from now, and what says
 * nothing of itself is due by the time at which it was written.
 */
export function dueOf({ headers, timestamp }: ConsumedRecord, delayMs: number, now: number): number {
  const text = headerText(headers, DUE) ?? '';
  const due = /^\d{1,15}$/.test(text) ? Number(text) : timestamp + delayMs;
  return Math.min(due, now + delayMs);
}

/** Undefined where the headers do not say which record it is, or say it wrongly: they are foreign input. */
export function readRetry(record: ConsumedRecord): Retry | undefined {
  const { topic, partition, offset, timestamp = record.timestamp, group = '' } = originOf(record.headers);
  if (topic === undefined || partition === undefined || offset === undefined) return undefined;
  const headers = Object.fromEntries(
    Object.entries(record.headers).filter(([name]) => name !== DUE && name !== ATTEMPTS && !isFailureHeader(name)),
  );
  const origin = { topic, partition, offset, timestamp };
  return { record: { ...plain(record), ...origin, headers }, attempts: attemptsOf(record), group };
}

/** A record may be an instance whose fields are read when they are asked for. */
const plain = ({ key, value, bytes }: ConsumedRecord) => ({ key, value, bytes });

/** What says nothing of it has had one, which brought it here; 0 where it was sent back as a new one. */
export function attemptsOf({ headers }: ConsumedRecord): number {
  const text = headerText(headers, ATTEMPTS) ?? '';
  return /^\d{1,6}$/.test(text) ? Math.min(Number(text), MOST_ATTEMPTS) : 1;
}
