import { type ConsumedRecord, headerText, type WireHeaders } from '../client/index.js';
import { isFailureHeader, ORIGIN } from './dead-letter.js';

/** How often it was sent back to be handled again; outlives what a failure leaves. */
export const REDRIVES = 'dead-letter-redrives';

/** A dead letter, as it stands in its topic. */
export interface Letter {
  /** `partition/offset` in the dead-letter topic: what `show` takes, and the key of what is settled. */
  readonly id: string;
  /** When the service gave up, in ms since 1970. */
  readonly at: number;
  /** Where the message came from first; empty where its headers do not say. */
  readonly topic: string;
  /** `partition@offset` of that topic. */
  readonly origin: string;
  readonly key: string;
  readonly group: string;
  readonly handler: string;
  readonly attempts: number;
  readonly code: string;
  /** Class of what was thrown. */
  readonly error: string;
  readonly message: string;
  readonly redrives: number;
  readonly record: ConsumedRecord;
}

/** Headers are foreign input: what they do not say well is empty or 0. */
export function readLetter(record: ConsumedRecord): Letter {
  const { headers, partition, offset } = record;
  const text = (name: string): string => headerText(headers, name) ?? '';
  return {
    id: `${partition}/${offset}`,
    at: record.timestamp,
    topic: text(ORIGIN.topic),
    origin: `${int32(headers, ORIGIN.partition)}@${int64(headers, ORIGIN.offset)}`,
    key: record.key?.toString('utf8') ?? '',
    group: text(ORIGIN.group),
    handler: text('dead-letter-handler'),
    attempts: count(text('dead-letter-attempts')),
    code: text('dead-letter-code'),
    error: text('kafka_dlt-exception-fqcn'),
    message: text('kafka_dlt-exception-message'),
    redrives: count(text(REDRIVES)),
    record,
  };
}

/** Why it can't be sent back; undefined where it can. */
export function whyNotRedriven({ record, group, topic }: Letter, service: string): string | undefined {
  const { headers } = record;
  if (headers['dead-letter-value-dropped'] || headers['dead-letter-dropped']) {
    return 'it was too large to be kept whole; read it at its origin and publish it again';
  }
  if (group.startsWith(`${service}.replica.`)) {
    return 'it failed in one replica of every-replica delivery: restart that replica, or publish the event again';
  }
  if (headerText(headers, 'dead-letter-code') === 'NOT_A_RETRY' || topic === '') {
    return 'its headers do not say which message it was';
  }
  if (headerText(headers, 'dead-letter-kind') === 'request') return 'it is a request, whose asker is long gone';
  return undefined;
}

/** Its own headers, without those of a failure. */
export const ownHeaders = ({ headers }: ConsumedRecord): WireHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !isFailureHeader(name)));

const count = (text: string): number => (/^\d{1,9}$/.test(text) ? Number(text) : 0);

function int32(headers: WireHeaders, name: string): string {
  const bytes = headers[name];
  return Buffer.isBuffer(bytes) && bytes.length === 4 ? String(bytes.readInt32BE()) : '?';
}

function int64(headers: WireHeaders, name: string): string {
  const bytes = headers[name];
  return Buffer.isBuffer(bytes) && bytes.length === 8 ? String(bytes.readBigInt64BE()) : '?';
}
