import { describe, expect, it } from '@jest/globals';
import { OrderPlaced } from '@fieldguide/contracts';
import { fulfil } from '@fieldguide/kafka';
import { acceptanceOf, answerOf } from './http/order-answer.js';
import { fingerprintOf, newsOf, type Order, type Wish } from './order.js';

const WISH: Wish = {
  customerEmail: 'ada@customers.example',
  card: 'tok_visa',
  lines: [
    { sku: 'tea', quantity: 1 },
    { sku: 'mug', quantity: 2 },
  ],
};
const ORDER: Order = {
  ...WISH,
  id: '3f1c2a64-2f0e-4d0b-9a53-6c1de2a6b4f7',
  idempotencyKey: 'key',
  fingerprint: 'print',
  total: { cents: 2_995, currency: 'EUR' },
  status: 'rejected',
  reason: 'card declined',
  placedAt: new Date(),
};

describe("an order's fingerprint", () => {
  it('is the same for the same wish', () => {
    expect(fingerprintOf(structuredClone(WISH))).toBe(fingerprintOf(WISH));
  });

  it.each<Partial<Wish>>([
    { customerEmail: 'eda@customers.example' },
    { card: 'tok_amex' },
    { lines: WISH.lines.slice(0, 1) },
    { lines: [...WISH.lines].reverse() },
    { lines: [...WISH.lines, { sku: 'tea', quantity: 1 }] },
    { lines: [{ sku: 'tea', quantity: 12 }] },
  ])('is another one for a wish that differs by %j', (change) => {
    expect(fingerprintOf({ ...WISH, ...change })).not.toBe(fingerprintOf(WISH));
  });

  it('tells nothing of the wish', () => {
    expect(fingerprintOf(WISH)).not.toMatch(/ada|tok|tea/);
  });
});

describe('an order', () => {
  it('is told to others as the contract has it', () => {
    expect({ ...fulfil(OrderPlaced, { ...newsOf(ORDER) }) }).toEqual({
      orderId: ORDER.id,
      ...WISH,
      total: ORDER.total,
    });
  });

  it('is answered as placed to who places it, and as it is to who asks', () => {
    const { id: orderId, total } = ORDER;

    expect(acceptanceOf(ORDER)).toEqual({ orderId, status: 'placed', total });
    expect(answerOf(ORDER)).toEqual({ orderId, status: 'rejected', total, reason: 'card declined' });
  });
});
