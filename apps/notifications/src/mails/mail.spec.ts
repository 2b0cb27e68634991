import { describe, expect, it } from '@jest/globals';
import { OrderPlaced, PaymentCaptured, PaymentDeclined } from '@fieldguide/contracts';
import { contractOf, create, fulfil } from '@fieldguide/kafka';
import { type Mail, messageIdOf, orderReceived, paymentCaptured, paymentDeclined } from './mail.js';

const order = fulfil(OrderPlaced, contractOf(OrderPlaced).example);
const captured = fulfil(PaymentCaptured, contractOf(PaymentCaptured).example);
const declined = fulfil(PaymentDeclined, contractOf(PaymentDeclined).example);
const { orderId } = order;

const texts = (mail: Mail): string => `${mail.subject}\n${mail.body}`;

describe('the mails of an order', () => {
  it.each([orderReceived(order), paymentCaptured(captured), paymentDeclined(declined)])(
    'name the order in subject and text: $kind',
    ({ subject, body }) => {
      expect(subject).toContain(orderId);
      expect(body).toContain(orderId);
    },
  );

  it('differ in their subjects and their message ids', () => {
    const mails = [orderReceived(order), paymentCaptured(captured), paymentDeclined(declined)];

    expect(mails.map(({ subject }) => subject)).toEqual([
      `Your order ${orderId}: received`,
      `Your order ${orderId}: paid`,
      `Your order ${orderId}: not paid`,
    ]);
    expect(new Set(mails.map(messageIdOf)).size).toBe(3);
  });

  it('have the same message id for every copy', () => {
    expect(messageIdOf(orderReceived(order))).toBe(`${orderId}.order-received@fieldguide.example`);
    expect(messageIdOf({ orderId: orderId.toUpperCase(), kind: 'order-received' })).toBe(
      messageIdOf(orderReceived(order)),
    );
  });

  it('say what was ordered, what it costs, and no card', () => {
    const text = texts(orderReceived(order));

    expect(text).toContain('  2 x tea\n  1 x mug\n');
    expect(text).toContain('18.40 EUR');
    expect(text).not.toContain('tok_');
  });

  it.each([
    [5, '0.05 EUR'],
    [100, '1.00 EUR'],
    [123_450, '1234.50 EUR'],
  ])('write %d cents as %s', (cents, written) => {
    const mail = paymentCaptured(create(PaymentCaptured, { ...captured, amount: { cents, currency: 'EUR' } }));

    expect(mail.body).toContain(`charged ${written} `);
  });

  it('repeat the reason of a decline in one line and without a card that stands in it', () => {
    const reason = 'card 4111 1111 1111 1111\u0000\r\nSubject: (tok_declined) refused';

    expect(paymentDeclined(create(PaymentDeclined, { ...declined, reason })).body).toContain(
      `could not be paid: card [card] Subject: ([card]) refused.\n`,
    );
  });
});
