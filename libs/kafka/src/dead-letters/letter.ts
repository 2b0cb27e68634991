import { type ConsumedRecord, headerText, type WireHeaders } from '../client/index.js';
import { isFailureHeader } from './dead-letter.js';
import { readDeadLetter } from './of-others/dead-letter-received.js';

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
  const { id, at, topic = '', partition = '?', offset = '?', ...said } = readDeadLetter(record);
  const { group = '', handler = '', attempts, code = '', error = '', message = '', redrives } = said;
  const origin = `${partition}@${offset}`;
  const key = record.key?.toString('utf8') ?? '';
  return { id, at: at.getTime(), topic, origin, key, group, handler, attempts, code, error, message, redrives, record };
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
