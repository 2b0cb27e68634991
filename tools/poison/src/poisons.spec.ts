import { describe, expect, it } from '@jest/globals';
import { ASKING_POISONS, POISONS, RETRY_POISONS } from './index.js';
import type { Good } from './poison.js';

const good: Good = { key: 'k', value: { id: 'a', count: 2, lines: [{ sku: 'tea' }] }, headers: { ce_id: '1' } };
const NAMED = POISONS.map((poison) => [poison.name, poison] as const);

/** Every byte of a record that a consumer can tell. */
const told = ({ key, value, headers, timestamp }: ReturnType<(typeof POISONS)[number]['make']>[number]): string =>
  [key, value, timestamp].map((part) => (part == null ? String(part) : Buffer.from(part).toString('hex'))).join() +
  JSON.stringify(headers);

describe('the list of poisons', () => {
  it('has at least twenty kinds, each under a name of its own', () => {
    const names = [...POISONS, ...RETRY_POISONS, ...ASKING_POISONS].map(({ name }) => name);

    expect(POISONS.length).toBeGreaterThanOrEqual(20);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(NAMED)('has a kind that differs from a good record: %s', (_, { make, way = 'plain' }) => {
    const records = make(good).map(told);

    const plain = told({ key: 'k', value: Buffer.from(JSON.stringify(good.value)), headers: good.headers });
    expect(records.length !== 1 || way !== 'plain' || records[0] !== plain).toBe(true);
  });

  it.each(NAMED)('keeps the id by which it is found: %s', (_, { make }) => {
    for (const { headers } of make(good)) expect(headers).toMatchObject({ ce_id: '1' });
  });

  it.each(NAMED)('refuses nothing that says what the good record says: %s', (_, { make, here, way = 'plain' }) => {
    const said = make(good).map(({ value }) => fieldsOf(value));

    if (here.event === 'handled') for (const fields of said) expect(fields).toMatchObject(good.value);
    else if (way !== 'aborted') for (const fields of said) expect(fields).not.toMatchObject(good.value);
  });
});

/** As a lenient reader has it: JSON in UTF-8, with a mark or without; an empty object for anything else. */
function fieldsOf(value: Buffer | string | null): object {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value ?? ''));
    return Object(JSON.parse(text)) as object;
  } catch {
    return {};
  }
}
