import type { Chain } from './chain.js';
import type { Draft } from './record-sender.js';

/**
 * An event that is checked, and can be stored as it is to be published later: under the identity, the time and the trail that
 * it had when it was prepared.
 */
export interface PreparedEvent {
  /** `ce_id`. */
  readonly id: string;
  /** The contract's. */
  readonly topic: string;
  /** The record's. */
  readonly key: string;
  /** JSON. */
  readonly value: string;
  /** `ce_id` and all others, as texts. */
  readonly headers: Readonly<Record<string, string>>;
}

export function preparedFrom(id: string, { topic, key, value, headers }: Draft): PreparedEvent {
  const texts = Object.entries(headers).map(([name, header]) => [name, String(header)]);
  return {
    id,
    topic,
    key: String(key),
    value: String(value),
    headers: Object.fromEntries(texts) as PreparedEvent['headers'],
  };
}

/** @param chain what must have gone well before it */
export function draftFrom({ topic, key, value, headers }: PreparedEvent, chain: Chain): Draft {
  const bytes: Record<string, Buffer> = {};
  for (const name in headers) bytes[name] = headerBytes(name, headers[name] as string);
  return { topic, key: Buffer.from(key), value: Buffer.from(value), headers: bytes, chain };
}

/** Of these a service has a few values, and each event names them. */
const FEW = ['ce_specversion', 'ce_type', 'ce_source', 'content-type'];
/** Of a table with foreign values no more is kept. */
const MOST = 1_000;
const known = new Map<string, Buffer>();

function headerBytes(name: string, text: string): Buffer {
  if (!FEW.includes(name)) return Buffer.from(text);
  let bytes = known.get(text);
  if (!bytes) {
    bytes = Buffer.from(text);
    if (known.size < MOST) known.set(text, bytes);
  }
  return bytes;
}
