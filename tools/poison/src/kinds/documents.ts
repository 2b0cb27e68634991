import { HANDLED, REFUSED } from '../ending.js';
import { json, recordOf, type ShownPoison } from '../poison.js';

const PROTOTYPES = '"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}';
const INHERITED = '"then":"later","toString":"text","hasOwnProperty":false,"length":7';
/** 2^53 + 1: JavaScript reads it as 2^53. */
const TOO_LARGE = '9007199254740993';

/** JSON, and not what the contract says; or more than it says. */
export const DOCUMENTS: readonly ShownPoison[] = [
  { name: 'null', make: said(() => 'null'), here: REFUSED, stock: 'blocks' },
  { name: 'a text', make: said(() => '"an order"'), here: REFUSED, stock: 'blocks' },
  { name: 'a number', make: said(() => '42'), here: REFUSED, stock: 'blocks' },
  { name: 'an array instead of an object', make: said((text) => `[${text}]`), here: REFUSED, stock: 'blocks' },
  { name: 'missing fields', make: said(() => '{}'), here: REFUSED, stock: 'blocks' },
  { name: 'null in each field', make: changed(() => null), here: REFUSED, stock: 'blocks' },
  { name: 'another type in each field', make: changed(otherType), here: REFUSED, stock: 'blocks' },
  { name: 'a number beyond 2^53', make: said(numbered(TOO_LARGE)), here: REFUSED, stock: 'handled-otherwise' },
  { name: 'the number 1e999', make: said(numbered('1e999')), here: REFUSED, stock: 'blocks' },
  { name: 'a field 100 000 arrays deep', make: said(deep), here: REFUSED, stock: 'blocks' },
  { name: 'unknown fields', make: more('"more":{"is":["fine"]}'), here: HANDLED, stock: 'handled' },
  { name: 'fields called __proto__ and constructor', make: more(PROTOTYPES), here: HANDLED, stock: 'handled' },
  { name: 'fields called then, toString, length', make: more(INHERITED), here: HANDLED, stock: 'handled' },
  { name: 'a field twice, the last one good', make: said(twice), here: HANDLED, stock: 'handled' },
];

/** A good record that says something else. */
function said(change: (text: string) => string): ShownPoison['make'] {
  return (good) => [{ ...recordOf(good), value: Buffer.from(change(JSON.stringify(good.value))) }];
}

/** A good document, and before its own fields others. */
function more(fields: string): ShownPoison['make'] {
  return said((text) => `{${fields},${text.slice(1)}`);
}

/** Each field of the document with another value. */
function changed(change: (value: unknown) => unknown): ShownPoison['make'] {
  return (good) => {
    const fields = Object.entries(good.value).map(([name, value]) => [name, change(value)] as const);
    return [{ ...recordOf(good), value: json(Object.fromEntries(fields)) }];
  };
}

function otherType(value: unknown): unknown {
  return typeof value === 'object' ? 'a text' : { an: 'object' };
}

/** Each number of the document; of one without numbers its first field. */
function numbered(number: string): (text: string) => string {
  return (text) => {
    const found = text.replace(/(":)\d+/g, `$1${number}`);
    return found === text ? inFirstField(text, number) : found;
  };
}

function deep(text: string): string {
  return inFirstField(text, '['.repeat(100_000) + ']'.repeat(100_000));
}

/** Said twice, and JavaScript believes the last one. */
function inFirstField(text: string, value: string): string {
  const [name = ''] = Object.keys(JSON.parse(text) as object);
  return `${text.slice(0, -1)},${JSON.stringify(name)}:${value}}`;
}

function twice(text: string): string {
  const [name = ''] = Object.keys(JSON.parse(text) as object);
  return `{${JSON.stringify(name)}:null,${text.slice(1)}`;
}
