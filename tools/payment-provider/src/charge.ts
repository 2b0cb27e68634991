import { createHash } from 'node:crypto';

export interface Amount {
  cents: number;
  currency: string;
}

/** What a merchant asks for; `card` is a token, as a browser would have got it. */
export interface Charge {
  orderId: string;
  card: string;
  amount: Amount;
}

/** The card is there, and its bank says no. */
export const DECLINED_CARD = 'tok_declined';
export const KNOWN_CARDS = ['tok_visa', 'tok_mastercard', 'tok_amex', DECLINED_CARD];

/** The charge in `body`, or every field that is wrong with it. */
export function readCharge(body: unknown): Charge | string[] {
  if (!isRecord(body))
    return ['the body must be a JSON object { "orderId", "card", "amount": { "cents", "currency" } }'];
  const { orderId, card, amount } = body;
  const { cents, currency } = isRecord(amount) ? amount : {};
  const problems: string[] = [];
  if (!isText(orderId)) problems.push('orderId must be a text of 1 to 200 characters');
  if (!isText(card)) problems.push('card must be a token such as tok_visa');
  if (!isRecord(amount)) problems.push('amount must be an object { "cents", "currency" }');
  else {
    if (!Number.isSafeInteger(cents) || Number(cents) <= 0) problems.push('amount.cents must be a positive integer');
    if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency))
      problems.push('amount.currency must be three capital letters, such as EUR');
  }
  if (problems.length > 0) return problems;
  return { orderId, card, amount: { cents, currency } } as Charge;
}

/** Tells whether a key comes back with the charge that it came with first. Keeps cards out of the ledger. */
export function fingerprint({ orderId, card, amount }: Charge): string {
  return createHash('sha256')
    .update(JSON.stringify([orderId, card, amount.cents, amount.currency]))
    .digest('base64url');
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= 200;
