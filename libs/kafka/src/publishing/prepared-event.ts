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

export const draftFrom = ({ topic, key, value, headers }: PreparedEvent): Draft => ({
  topic,
  key: Buffer.from(key),
  value: Buffer.from(value),
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
});
