import { describe, expect, it } from '@jest/globals';
import { headerBytes, headerText, sizeOf } from '../client/index.js';
import { recordAt } from '../testing/records.js';
import { deadLetter, errorCode, onlyOrigin } from './dead-letter.js';

class OutOfStock extends Error {}

const letterOf = (error: Error, record = recordAt(7)) =>
  deadLetter(record, { service: 'billing', group: 'billing', handler: 'Charge.handle', attempts: 3, error });

describe('a dead letter', () => {
  it('has the original bytes, and says where they come from in the form that spring-kafka reads', () => {
    const record = recordAt(0, {
      partition: 5,
      offset: 9_007_199_254_740_993n,
      timestamp: 1_790_000_000_123,
      key: Buffer.from([0, 255]),
      value: Buffer.from('{not json'),
      headers: { twice: [Buffer.from('1'), Buffer.from('2')], binary: Buffer.from([0, 255, 254]) },
    });

    const letter = letterOf(new Error('no'), record);

    expect(letter).toMatchObject({ topic: 'billing.dead-letters', key: record.key, value: record.value });
    expect(letter.headers).toMatchObject(record.headers);
    expect(headerText(letter.headers, 'kafka_dlt-original-topic')).toBe(record.topic);
    expect(headerBytes(letter.headers, 'kafka_dlt-original-partition')?.readInt32BE()).toBe(5);
    expect(headerBytes(letter.headers, 'kafka_dlt-original-offset')?.readBigInt64BE()).toBe(9_007_199_254_740_993n);
    expect(headerBytes(letter.headers, 'kafka_dlt-original-timestamp')?.readBigInt64BE()).toBe(1_790_000_000_123n);
    expect(headerText(letter.headers, 'kafka_dlt-original-consumer-group')).toBe('billing');
    expect(headerText(letter.headers, 'dead-letter-attempts')).toBe('3');
  });

  it('names the class that was thrown, the one at its root, and what each of them said', () => {
    const root = new OutOfStock('no mugs');
    const error = new TypeError('can not pack', { cause: new Error('can not pack', { cause: root }) });

    const { headers } = letterOf(error);

    expect(headerText(headers, 'kafka_dlt-exception-fqcn')).toBe('TypeError');
    expect(headerText(headers, 'kafka_dlt-exception-cause-fqcn')).toBe('OutOfStock');
    expect(headerText(headers, 'kafka_dlt-exception-message')).toBe('can not pack: no mugs');
    expect(headerText(headers, 'kafka_dlt-exception-stacktrace')).toContain('no mugs');
    expect(headerText(headers, 'dead-letter-code')).toBe('TypeError');
  });

  it('takes the place of an older one: the last error is kept, never two', () => {
    const { headers } = letterOf(new Error('first'));

    const again = letterOf(new Error('second'), recordAt(8, { headers }));

    expect(headerText(again.headers, 'kafka_dlt-exception-message')).toBe('second');
    expect(Array.isArray(again.headers['kafka_dlt-exception-message'])).toBe(false);
  });

  it('adds less than 64 KB, whatever was thrown', () => {
    const error = Object.assign(new Error('€'.repeat(100_000)), {
      name: '€'.repeat(100_000),
      code: '€'.repeat(100_000),
    });
    error.stack = '€'.repeat(100_000);
    const record = recordAt(0);

    expect(sizeOf(letterOf(error, record)) - sizeOf(record)).toBeLessThan(65_536);
  });

  it.each([
    ['fields that are no text', Object.assign(new Error('x'), { name: undefined, message: { a: 1 }, stack: 7 })],
    ['no prototype', Object.setPrototypeOf(Object.assign(new Error('x')), null) as Error],
    ['itself as its cause', circular()],
  ])('is made of an error with %s, too', (_, error) => {
    expect(letterOf(error).topic).toBe('billing.dead-letters');
  });

  it('has nothing foreign where key and headers are too large, whatever names those bear', () => {
    const headers = { 'kafka_dlt-x': Buffer.alloc(100_000), 'dead-letter-y': Buffer.alloc(100_000) };

    const {
      key,
      value,
      headers: left = {},
    } = onlyOrigin(recordAt(0, { headers }), {
      service: 'billing',
      group: 'billing',
      handler: 'Charge.handle',
      attempts: 1,
      error: new Error('x'),
    });

    expect([key, value]).toEqual([null, null]);
    expect(Object.keys(left)).not.toEqual(expect.arrayContaining(['kafka_dlt-x']));
    expect(Object.values(left).reduce((sum, bytes) => sum + (bytes as Buffer).length, 0)).toBeLessThan(65_536);
  });

  it('has the code of the error, or its class', () => {
    expect(errorCode(Object.assign(new Error('x'), { code: 'NO_STOCK' }))).toBe('NO_STOCK');
    expect(errorCode(Object.assign(new OutOfStock('x'), { code: 7 }))).toBe('OutOfStock');
  });
});

function circular(): Error {
  const error = new Error('round');
  error.cause = error;
  return error;
}
