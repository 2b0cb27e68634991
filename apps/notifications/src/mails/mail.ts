import type { Money, OrderPlaced, PaymentCaptured, PaymentDeclined } from '@fieldguide/contracts';
import { redact } from '@fieldguide/service-kit';

/** One order gets at most one mail of each kind. In the order in which a customer expects them. */
export const MAIL_KINDS = ['order-received', 'payment-captured', 'payment-declined'] as const;
export type MailKind = (typeof MAIL_KINDS)[number];

/** A mail as it is composed when its news is heard; who gets it may not be known then. */
export interface Mail {
  readonly orderId: string;
  readonly kind: MailKind;
  readonly subject: string;
  readonly body: string;
}

export function orderReceived({ orderId, lines, total }: OrderPlaced): Mail {
  const articles = lines.map(({ sku, quantity }) => `  ${quantity} x ${sku}`).join('\n');
  return mail(orderId, 'order-received', 'received', [
    `We have received your order ${orderId}:`,
    articles,
    `It costs ${inWords(total)}. You get a second mail when it is paid.`,
  ]);
}

export function paymentCaptured({ orderId, paymentId, amount }: PaymentCaptured): Mail {
  return mail(orderId, 'payment-captured', 'paid', [
    `Your order ${orderId} is paid.`,
    `We have charged ${inWords(amount)} (payment ${inOneLine(paymentId)}).`,
  ]);
}

export function paymentDeclined({ orderId, reason }: PaymentDeclined): Mail {
  return mail(orderId, 'payment-declined', 'not paid', [
    `Your order ${orderId} could not be paid: ${inOneLine(reason)}.`,
    'Nothing was charged, and nothing will be sent. Please order again with another card.',
  ]);
}

/** `Message-ID` without its angle brackets: the same for every copy of one mail. */
export const messageIdOf = ({ orderId, kind }: Pick<Mail, 'orderId' | 'kind'>): string =>
  `${orderId.toLowerCase()}.${kind}@fieldguide.example`;

function mail(orderId: string, kind: MailKind, outcome: string, paragraphs: readonly string[]): Mail {
  const body = [...paragraphs, 'The Field Guide Shop'].join('\n\n');
  return { orderId, kind, subject: `Your order ${orderId}: ${outcome}`, body: `${body}\n` };
}

/** `12.50 EUR` */
function inWords({ cents, currency }: Money): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')} ${currency}`;
}

/** Words that others have written: without control characters, and without a card that may stand in them. */
const inOneLine = (words: string): string => redact(words.replace(/\p{Cc}+/gu, ' ').trim());
