import { describe, expect, it } from '@jest/globals';
import type { IHeaders, KafkaMessage } from 'kafkajs';
import { ORDER_PLACED, PAYMENT_CAPTURED, PRICE_LIST_CHANGED } from '../history.js';
import type { FoundRecord } from './broker.js';
import { readEvent, readLetter } from './records.js';

const ORDER = '3f1c2a64-2f0e-4d0b-9a53-6c1de2a6b4f7';
const SAID = { ce_id: 'id-1', ce_source: '/orders', ce_time: '2026-11-26T02:00:00.500Z' };

const found = (topic: string, value: unknown, headers: IHeaders = SAID, key = ORDER): FoundRecord => ({
  topic,
  partition: 3,
  message: {
    ...{ offset: '17', timestamp: String(Date.parse('2026-11-26T02:00:01.000Z')), attributes: 0, size: 1, headers },
    key: Buffer.from(key),
    value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  } as unknown as KafkaMessage,
});

describe('a record of an event topic', () => {
  it('is read with its identity, its place, its time and what is judged of its payload', () => {
    const total = { cents: 495, currency: 'EUR' };
    const order = { orderId: ORDER.toUpperCase(), customerEmail: 'ada@example.org', card: 'tok_visa', total };

    expect(readEvent(found(ORDER_PLACED, order))).toEqual({
      ...{ topic: ORDER_PLACED, partition: 3, offset: 17, key: ORDER, id: 'id-1', foreign: false },
      ...{ at: '2026-11-26T02:00:00.500Z', orderId: ORDER, email: 'ada@example.org', amount: total },
    });
  });

  it('has its key, payment and revision where its topic has such', () => {
    const amount = { cents: 1, currency: 'EUR' };
    const headers = { ...SAID, ce_source: Buffer.from('/billing') };

    expect(readEvent(found(PAYMENT_CAPTURED, { orderId: ORDER, paymentId: 'pay_1', amount }, headers))).toMatchObject({
      ...{ foreign: false, orderId: ORDER, paymentId: 'pay_1', amount },
    });
    expect(readEvent(found(PRICE_LIST_CHANGED, { sku: 'tea', revision: 2 }, headers, 'tea'))).toMatchObject({
      ...{ foreign: false, key: 'tea', revision: 2 },
    });
  });

  it('is foreign where another than the owner of the topic has said it, and belongs to the order of its key', () => {
    const poison = readEvent(found(ORDER_PLACED, '{not json', {}));

    expect(poison).toMatchObject({ foreign: true, orderId: ORDER, id: `${ORDER_PLACED}/3/17` });
    expect(poison.at).toBe('2026-11-26T02:00:01.000Z');
    expect(readEvent(found(PAYMENT_CAPTURED, {}, SAID)).foreign).toBe(true);
  });

  it.each(['null', '7', '[]', '{"orderId":7,"total":{"cents":"x"},"revision":"1"}', ''])('may be %j', (value) => {
    const { amount, revision } = readEvent(found(ORDER_PLACED, value));

    expect([amount, revision]).toEqual([undefined, undefined]);
  });
});

describe('a dead letter', () => {
  const headers = {
    'kafka_dlt-original-topic': ORDER_PLACED,
    'kafka_dlt-exception-message': ['an earlier one', 'no tea'],
    'dead-letter-code': 'NO_PRICE',
  };

  it('is read with who gave up, why, and the order of its key', () => {
    expect(readLetter(found('billing.dead-letters', {}, headers))).toEqual({
      ...{ service: 'billing', id: '3/17', at: '2026-11-26T02:00:01.000Z', topic: ORDER_PLACED, orderId: ORDER },
      ...{ code: 'NO_PRICE', message: 'no tea' },
    });
  });

  it('belongs to no order where its topic has other keys', () => {
    const letter = readLetter(
      found('billing.dead-letters', {}, { ...headers, 'kafka_dlt-original-topic': PRICE_LIST_CHANGED }, 'tea'),
    );

    expect(letter).not.toHaveProperty('orderId');
  });
});
