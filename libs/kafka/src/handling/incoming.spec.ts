import { describe, expect, it } from '@jest/globals';
import { OrderPlaced } from '../testing/contracts.js';
import { recordAt, TOPIC } from '../testing/records.js';
import { Incoming, readPayload, readValue } from './incoming.js';

describe('the identity of a record', () => {
  it('is what its headers say', () => {
    const headers = {
      ce_id: Buffer.from('17'),
      ce_type: Buffer.from('orders.order-placed.v1'),
      'correlation-id': [Buffer.from('first'), Buffer.from('last')],
    };

    expect(new Incoming(recordAt(7, { headers }))).toMatchObject({
      id: '17',
      type: 'orders.order-placed.v1',
      correlationId: 'last',
    });
  });

  it('is where it stands, without headers', () => {
    expect(new Incoming(recordAt(7, { partition: 3, headers: { ce_id: Buffer.alloc(0) } }))).toMatchObject({
      id: `${TOPIC}/3/7`,
      type: TOPIC,
    });
  });
});

describe('the value of a record', () => {
  it('is JSON, and null for a tombstone', () => {
    expect(readValue(recordAt(0, { value: Buffer.from('{"a":"1"}') }))).toEqual({ a: '1' });
    expect(readValue(recordAt(0, { value: null }))).toBeNull();
  });

  it.each([
    ['no JSON', Buffer.from('{secret'), 'The value of 7 bytes is no JSON.'],
    ['nothing', Buffer.alloc(0), 'The value of 0 bytes is no JSON.'],
    ['no UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22]), 'The value of 4 bytes is not even UTF-8.'],
  ])('is refused without telling its content where it is %s', (_, value, message) => {
    const payload = readPayload(recordAt(0, { value }), OrderPlaced);

    expect(payload).toMatchObject({ code: 'NOT_JSON', message });
  });

  it('becomes a fresh instance of the contract at each reading', () => {
    const record = recordAt(0, { value: Buffer.from('{"orderId":"1","more":true}') });
    const first = readPayload(record, OrderPlaced);

    expect(first).toBeInstanceOf(OrderPlaced);
    expect(first).toEqual({ orderId: '1' });
    expect(readPayload(record, OrderPlaced)).not.toBe(first);
  });
});
