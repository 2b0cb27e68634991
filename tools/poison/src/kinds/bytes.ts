import { gzipSync } from 'node:zlib';
import { HANDLED, REFUSED } from '../ending.js';
import { type Good, json, recordOf, type ShownPoison } from '../poison.js';

/** Values that are no JSON, or not in the bytes that JSON comes in. */
export const BYTES: readonly ShownPoison[] = [
  { name: 'a tombstone', make: valued(() => null), here: REFUSED, stock: 'blocks' },
  { name: 'an empty value', make: valued(() => Buffer.alloc(0)), here: REFUSED, stock: 'blocks' },
  { name: 'no JSON', make: valued(() => Buffer.from('hello')), here: REFUSED, stock: 'blocks' },
  { name: 'truncated JSON', make: valued(truncated), here: REFUSED, stock: 'blocks' },
  { name: 'two documents in one value', make: valued(twice), here: REFUSED, stock: 'blocks' },
  { name: 'the literals NaN and Infinity', make: withField('NaN,"more":-Infinity'), here: REFUSED, stock: 'blocks' },
  { name: 'invalid UTF-8 in a text', make: inText([0xc3, 0x28]), here: REFUSED, stock: 'handled-otherwise' },
  { name: 'half a surrogate pair as UTF-8', make: inText([0xed, 0xa0]), here: REFUSED, stock: 'handled-otherwise' },
  { name: 'half a surrogate pair, escaped', make: withField('"\\ud800"'), here: HANDLED, stock: 'handled' },
  { name: 'UTF-16 with its mark', make: valued(utf16), here: REFUSED, stock: 'blocks' },
  { name: 'a byte order mark before UTF-8', make: valued(marked), here: HANDLED, stock: 'blocks' },
  { name: 'Avro as a schema registry frames it', make: valued(avro), here: REFUSED, stock: 'blocks' },
  { name: 'JSON that was zipped by its producer', make: valued(zipped), here: REFUSED, stock: 'blocks' },
];

/** A good record with another value. */
function valued(valueOf: (value: object) => Buffer | null): ShownPoison['make'] {
  return (good: Good) => [{ ...recordOf(good), value: valueOf(good.value) }];
}

/** The good document with one more field. */
function withField(field: string): ShownPoison['make'] {
  return valued((value) => Buffer.from(`{"odd":${field},${JSON.stringify(value).slice(1)}`));
}

/** The good document with these bytes at the end of its last text. */
function inText(bytes: readonly number[]): ShownPoison['make'] {
  return valued((value) => {
    const document = json(value);
    const end = document.indexOf('"', document.lastIndexOf(':"') + 2);
    return Buffer.concat([document.subarray(0, end), Buffer.from(bytes), document.subarray(end)]);
  });
}

function truncated(value: object): Buffer {
  return json(value).subarray(0, -5);
}

function twice(value: object): Buffer {
  return Buffer.concat([json(value), json(value)]);
}

function utf16(value: object): Buffer {
  return Buffer.from(`\ufeff${JSON.stringify(value)}`, 'utf16le');
}

function marked(value: object): Buffer {
  return Buffer.from(`\ufeff${JSON.stringify(value)}`);
}

/** A zero, the schema's number in four bytes, the fields. */
function avro(value: object): Buffer {
  return Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), json(value)]);
}

function zipped(value: object): Buffer {
  return gzipSync(json(value));
}
