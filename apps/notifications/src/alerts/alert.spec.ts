import { describe, expect, it } from '@jest/globals';
import { DeadLetterReceived } from '@fieldguide/kafka';
import { heard, isOldNews } from './alert.js';

const received = (facts: Partial<DeadLetterReceived> = {}): DeadLetterReceived =>
  Object.assign(new DeadLetterReceived(), {
    service: 'billing',
    id: '3/17',
    at: new Date('2026-11-25T12:03:05Z'),
    topic: 'orders.order-placed.v1',
    partition: 5,
    offset: 9_007_199_254_740_993n,
    handler: 'Charge.handle',
    attempts: 6,
    redrives: 0,
    code: 'NO_PRICE',
    message: 'no price for tea',
    key: Buffer.from('order-7'),
    value: Buffer.from('{"card":"tok_visa"}'),
    ...facts,
  });

describe('a dead letter that is heard of', () => {
  it('is kept with what an operator needs, and without its value', () => {
    expect(heard(received())).toEqual({
      service: 'billing',
      id: '3/17',
      at: new Date('2026-11-25T12:03:05Z'),
      code: 'NO_PRICE',
      topic: 'orders.order-placed.v1',
      handler: 'Charge.handle',
      attempts: 6,
      redrives: 0,
      place: 'partition 5, offset 9007199254740993',
      key: 'order-7',
      error: 'no price for tea',
    });
  });

  it('keeps the first line of its error only, in one line and cut, without mail addresses and cards', () => {
    const message = `\u0000no ada@customers.example\t4111 1111 1111 1111 ${'x'.repeat(1_000)}\n  at secret`;

    const { error } = heard(received({ message }));

    expect(error).toMatch(/^no \[mail\] \[card\] x+$/);
    expect(error).toHaveLength(300);
  });

  it('has no bytes that a database would refuse in its key and its names', () => {
    const key = Buffer.alloc(1_000, '\u0000ada@customers.example ');

    const letter = heard(received({ key, code: 'A\u0000B', topic: '\u0000', handler: 'a\r\nb' }));

    expect(letter).toMatchObject({ code: 'A B', topic: '', handler: 'a b' });
    expect(letter.key).toMatch(/^\[mail\]/);
    expect(letter.key.length).toBeLessThanOrEqual(100);
  });

  it('is kept where it says nothing of itself, too', () => {
    const nothing = { topic: undefined, partition: undefined, offset: undefined, handler: undefined };

    expect(heard(received({ ...nothing, code: undefined, message: undefined, key: null }))).toMatchObject({
      code: '',
      topic: '',
      handler: '',
      place: 'partition unknown, offset unknown',
      key: '',
      error: '',
    });
  });

  it('is old news after a day', () => {
    const letter = received();

    expect(isOldNews(letter, new Date('2026-11-26T12:03:05Z'))).toBe(false);
    expect(isOldNews(letter, new Date('2026-11-26T12:03:06Z'))).toBe(true);
    expect(isOldNews(letter, new Date('2026-11-25T12:00:00Z'))).toBe(false);
  });
});
