import { HANDLED, REFUSED } from '../ending.js';
import { json, recordOf, type ShownPoison } from '../poison.js';

const KB_900 = 900_000;
/** More than a dead letter may have, so it came compressed. */
const MB_8 = 8_000_000;

/** As large as a topic takes, and larger. */
export const SIZES: readonly ShownPoison[] = [
  {
    name: '900 kB in an unknown field',
    make: (good) => [{ ...recordOf(good), value: json({ more: 'x'.repeat(KB_900), ...good.value }) }],
    here: HANDLED,
    stock: 'handled',
  },
  {
    name: '900 kB that are no JSON',
    make: (good) => [{ ...recordOf(good), value: 'x'.repeat(KB_900) }],
    here: REFUSED,
    stock: 'blocks',
  },
  {
    name: '8 MB that are no JSON, zipped to 8 kB',
    make: (good) => [{ ...recordOf(good), value: 'x'.repeat(MB_8) }],
    way: 'gzip',
    here: REFUSED,
    stock: 'blocks',
  },
  {
    name: 'a key of 100 kB',
    make: (good) => [{ ...recordOf(good), key: 'k'.repeat(100_000) }],
    here: HANDLED,
    stock: 'handled',
  },
  {
    name: 'a header of 200 kB',
    make: (good) => [{ ...recordOf(good), headers: { ...good.headers, note: 'h'.repeat(200_000) } }],
    here: HANDLED,
    stock: 'handled',
  },
  {
    // No more: stock kafkajs, with which specs look at topics, needs half a minute to read 10 000 of them.
    name: '1 000 headers',
    make: (good) => [{ ...recordOf(good), headers: { ...good.headers, ...flood(1_000) } }],
    here: HANDLED,
    stock: 'handled',
  },
];

const flood = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`h${index}`, 'x']));
