import { describe, expect, it } from '@jest/globals';
import { ValidationPipe } from '@nestjs/common';
import type { WireHeaders } from '../../client/index.js';
import { recordAt } from '../../testing/records.js';
import { deadLetter, type GivingUp, onlyOrigin, withoutValue } from '../dead-letter.js';
import { DeadLetterReceived, readDeadLetter } from './dead-letter-received.js';

const failed = recordAt(0, {
  partition: 5,
  offset: 9_007_199_254_740_993n,
  key: Buffer.from('order-7'),
  headers: { ce_id: Buffer.from('event-7'), 'dead-letter-redrives': Buffer.from('2') },
});
const error = Object.assign(new Error('no price'), { code: 'NO_PRICE' });
const why: GivingUp = { service: 'billing', group: 'billing.retry', handler: 'Charge.handle', attempts: 6, error };

/** The record as it stands among the dead letters of billing. */
const standing = (draft = deadLetter(failed, why)) =>
  recordAt(17, { ...draft, topic: 'billing.dead-letters', partition: 3, timestamp: 1_790_000_000_123 });

const withHeaders = (headers: WireHeaders) => readDeadLetter(recordAt(17, { topic: 'billing.dead-letters', headers }));

describe('a dead letter of another service', () => {
  it('is read as that service wrote it', () => {
    const letter = readDeadLetter(standing());

    expect(letter).toBeInstanceOf(DeadLetterReceived);
    expect(letter).toEqual({
      service: 'billing',
      id: '3/17',
      at: new Date(1_790_000_000_123),
      topic: 'orders.order-placed.v1',
      partition: 5,
      offset: 9_007_199_254_740_993n,
      group: 'billing.retry',
      handler: 'Charge.handle',
      attempts: 6,
      redrives: 2,
      kind: 'event',
      code: 'NO_PRICE',
      error: 'Error',
      message: 'no price',
      messageId: 'event-7',
      key: Buffer.from('order-7'),
      value: Buffer.from('{}'),
      isWhole: true,
    });
  });

  it('survives a pipe that leaves only what is decorated', async () => {
    const letter = readDeadLetter(standing());

    const through = (await new ValidationPipe({ transform: true, whitelist: true }).transform(letter, {
      type: 'body',
      metatype: DeadLetterReceived,
    })) as unknown;

    expect(through).toEqual(letter);
  });

  it.each([
    ['its value', withoutValue(deadLetter(failed, why), failed)],
    ['key and value', onlyOrigin(failed, why)],
  ])('tells that %s was dropped', (_, draft) => {
    expect(readDeadLetter(standing(draft))).toMatchObject({ value: null, isWhole: false, code: 'NO_PRICE' });
  });
});

describe('a record among dead letters that says nothing of itself', () => {
  it('is known by where it stands', () => {
    expect(withHeaders({})).toMatchObject({
      service: 'billing',
      id: '0/17',
      topic: undefined,
      partition: undefined,
      offset: undefined,
      handler: undefined,
      code: undefined,
      message: undefined,
      attempts: 0,
      redrives: 0,
      kind: 'event',
    });
  });

  it.each<[string, WireHeaders]>([
    ['empty', { 'dead-letter-code': Buffer.alloc(0), 'kafka_dlt-original-offset': [] }],
    [
      'of another length',
      { 'kafka_dlt-original-partition': Buffer.from('3'), 'kafka_dlt-original-offset': Buffer.from('17') },
    ],
    [
      'negative',
      { 'kafka_dlt-original-partition': Buffer.alloc(4, 255), 'kafka_dlt-original-offset': Buffer.alloc(8, 255) },
    ],
    ['no numbers', { 'dead-letter-attempts': Buffer.from('1e9'), 'dead-letter-redrives': Buffer.from('-1') }],
    ['longer than any topic', { 'kafka_dlt-original-topic': Buffer.alloc(250, 'x') }],
  ])('says nothing where its headers are %s either', (_, headers) => {
    expect(withHeaders(headers)).toEqual(withHeaders({}));
  });

  it('is cut where its headers are long', () => {
    const long = Buffer.alloc(100_000, '€');
    const { code, message, handler, group, messageId } = withHeaders({
      'dead-letter-code': long,
      'dead-letter-handler': long,
      'kafka_dlt-exception-message': long,
      'kafka_dlt-original-consumer-group': long,
      ce_id: [Buffer.from('first'), long],
    });

    expect([code, message, handler, group, messageId].map((text) => text?.length)).toEqual([200, 2_000, 200, 255, 200]);
  });

  it.each([NaN, 1e300, -1e300])('has a date that can be printed where its timestamp is %p', (timestamp) => {
    const { at } = readDeadLetter(recordAt(17, { topic: 'billing.dead-letters', timestamp }));

    expect(at.toISOString()).toBe('1970-01-01T00:00:00.000Z');
  });
});
