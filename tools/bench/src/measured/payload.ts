/** What every side of a cell sends and handles: 256 bytes of JSON. */
export interface SaleFields {
  readonly account: string;
  /** Counts up from 0 for each account: shows what is missing, doubled or out of order. */
  readonly sequence: number;
  readonly customerEmail: string;
  readonly sku: string;
  readonly quantity: number;
  readonly note: string;
}

const BYTES = 256;
const BARE = { customerEmail: 'ada.lovelace@example.com', sku: 'coffee-beans-1kg', quantity: 3 };

/** @param key the number of the account */
export function saleFields(key: number, sequence: number): SaleFields {
  const account = accountOf(key);
  // Length of the rest: braces, names, punctuation. Padded, so that every message has the same size.
  const used = ENVELOPE + account.length + String(sequence).length;
  return { account, sequence, ...BARE, note: NOTE.slice(0, BYTES - used) };
}

export const accountOf = (key: number): string => `a${key}`;
export const keyOf = (account: string): number => Number(account.slice(1));

const NOTE = 'leave it with the neighbours, second floor, and ring twice; '.repeat(8);
const ENVELOPE = JSON.stringify({ account: '', sequence: 0, ...BARE, note: '' }).length - 1;
