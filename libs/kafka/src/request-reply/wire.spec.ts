import { describe, expect, it } from '@jest/globals';
import type { WireHeaders } from '../client/index.js';
import { recordAt } from '../testing/records.js';
import { CORRELATION_ID, readWireError, REPLY_PARTITION, REPLY_TOPIC, replyAddress } from './wire.js';

const bytes = (...values: number[]): Buffer => Buffer.from(values);

const addressOf = (headers: WireHeaders) =>
  replyAddress(
    recordAt(0, {
      headers: { [REPLY_TOPIC]: Buffer.from('orders.replies'), [CORRELATION_ID]: Buffer.from('1'), ...headers },
    }),
  );

describe('where an asker wants its answer', () => {
  it.each([
    ['4 bytes, as Spring writes it', bytes(0, 0, 0, 5), 5],
    ['4 bytes of a large number', bytes(0, 1, 0, 0), 65_536],
    ['text, as NestJS writes it', Buffer.from('5'), 5],
    ['text of 4 digits', Buffer.from('1234'), 1_234],
    ['an absurd number', Buffer.from('99'), 99],
    ['text of 9 digits', Buffer.from('123456789'), undefined],
    ['a negative number', bytes(255, 255, 255, 255), undefined],
    ['no number', Buffer.from('NaN'), undefined],
    ['nothing', Buffer.alloc(0), undefined],
  ])('is read from %s', (_, header, partition) => {
    expect(addressOf({ [REPLY_PARTITION]: header })?.partition).toBe(partition);
  });

  it('may be any partition', () => {
    expect(addressOf({})).toEqual({ topic: 'orders.replies', partition: undefined, correlationId: Buffer.from('1') });
  });

  it('keeps the correlation id as bytes that are no text', () => {
    const id = bytes(0, 255, 128, 200, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 254, 253);

    expect(addressOf({ [CORRELATION_ID]: id })?.correlationId).toEqual(id);
  });

  it('is the last value of a repeated header', () => {
    expect(addressOf({ [REPLY_TOPIC]: [Buffer.from('a'), Buffer.from('b')] })?.topic).toBe('b');
  });

  it.each<WireHeaders>([{ [REPLY_TOPIC]: Buffer.alloc(0) }, { [REPLY_TOPIC]: [] }, { [CORRELATION_ID]: [] }])(
    'is nowhere where the topic or the correlation id is missing: %j',
    (headers) => {
      expect(addressOf(headers)).toBeUndefined();
      expect(replyAddress(recordAt(0))).toBeUndefined();
    },
  );
});

describe('the error of a foreign answer', () => {
  it.each([
    ['ours', '{"code":"UNKNOWN_SKU","message":"No such sku."}', { code: 'UNKNOWN_SKU', message: 'No such sku.' }],
    [
      'of NestJS',
      '{"status":"error","message":"Internal server error"}',
      { code: 'INTERNAL', message: 'Internal server error' },
    ],
    ['JSON text', '"no"', { code: 'INTERNAL', message: 'no' }],
    ['plain text', 'no', { code: 'INTERNAL', message: 'no' }],
    ['null', 'null', { code: 'INTERNAL', message: 'null' }],
    ['of another shape', '{"code":7}', { code: 'INTERNAL', message: '{"code":7}' }],
    ['empty', '', { code: 'INTERNAL', message: '' }],
  ])('is understood: %s', (_, text, error) => {
    expect(readWireError(Buffer.from(text))).toEqual(error);
  });
});
