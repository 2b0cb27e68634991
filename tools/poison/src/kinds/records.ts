import type { Message } from 'kafkajs';
import { HANDLED } from '../ending.js';
import { recordOf, type ShownPoison } from '../poison.js';

const MINUTES_50 = 50 * 60_000;

/** A good value under an odd key, among odd headers, of an odd time. */
export const RECORDS: readonly ShownPoison[] = [
  odd('no key', () => ({ key: null })),
  odd('a key that is no UTF-8', () => ({ key: Buffer.from([0, 255, 128]) })),
  headed('a content type of another kind', { 'content-type': 'application/xml' }),
  headed('a ce_type of another version', { ce_type: 'somebody.something-else.v99', ce_specversion: '7' }),
  headed('ids and times that are none', {
    'correlation-id': 'two\nlines '.repeat(100),
    traceparent: '00-not-a-trace-zz',
    ce_time: 'yesterday',
  }),
  // As computed names: written down, the first one would be the object's prototype.
  headed('headers called __proto__, constructor, toString', {
    ['__proto__']: '1',
    ['constructor']: '2',
    ['toString']: '3',
  }),
  {
    name: 'an id that was there before',
    make: (good) => [recordOf(good), recordOf(good)],
    here: HANDLED,
    stock: 'handled',
  },
  // Later than an hour from now the broker itself refuses.
  odd('a time 50 minutes ahead', () => ({ timestamp: String(Date.now() + MINUTES_50) })),
  odd('a time in 1970', () => ({ timestamp: '1' })),
];

function odd(name: string, change: () => Partial<Message>): ShownPoison {
  return { name, make: (good) => [{ ...recordOf(good), ...change() }], here: HANDLED, stock: 'handled' };
}

function headed(name: string, headers: Record<string, string>): ShownPoison {
  return {
    name,
    make: (good) => [{ ...recordOf(good), headers: { ...good.headers, ...headers } }],
    here: HANDLED,
    stock: 'handled',
  };
}
