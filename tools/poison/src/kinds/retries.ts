import { HANDLED, REFUSED } from '../ending.js';
import type { Good, Poison } from '../poison.js';
import { recordOf } from '../poison.js';

/** A good value in a retry topic, with headers that no retry has. Whose it is stands in `ce_id` only. */
export const RETRY_POISONS: readonly Poison[] = [
  headed('-1 attempts', { 'retry-attempts': '-1' }),
  headed('a billion attempts', { 'retry-attempts': '1000000000' }),
  headed('attempts in words', { 'retry-attempts': 'many' }),
  headed('due in the year 9999', { 'retry-due': String(Date.UTC(9999, 0)) }),
  headed('due at no time', { 'retry-due': 'NaN' }),
  headed('a time of origin beyond all dates', { 'kafka_dlt-original-timestamp': Buffer.alloc(8, 0x7f) }),
  refused('an origin that nobody handles', { 'kafka_dlt-original-topic': 'nobody.knows-it.v1' }),
  refused('an origin called __proto__', { 'kafka_dlt-original-topic': '__proto__' }),
  refused('a partition in words', { 'kafka_dlt-original-partition': 'the first' }),
  refused('an offset below 0', { 'kafka_dlt-original-offset': Buffer.alloc(8, 0xff) }),
  {
    name: 'no headers of a retry',
    make: (good) => [{ ...recordOf(good), headers: { ce_id: good.headers['ce_id'] } }],
    here: REFUSED,
  },
];

function headed(name: string, headers: Good['headers']): Poison {
  return { name, make: (good) => [{ ...recordOf(good), headers: { ...good.headers, ...headers } }], here: HANDLED };
}

function refused(name: string, headers: Good['headers']): Poison {
  return { ...headed(name, headers), here: REFUSED };
}
