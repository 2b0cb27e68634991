import { type Fields, RequestError } from '@fieldguide/kafka';
import type { Money, OrderLine, Quote } from '@fieldguide/contracts';

/** The shop sells in one currency, so that an order has one total. */
export const CURRENCY = 'EUR';

/** What an article costs since its `revision`. */
export interface Price {
  readonly sku: string;
  readonly price: Fields<Money>;
  readonly revision: number;
}

/** Prices each line and all of them together. Throws RequestError UNKNOWN_SKU where `priceOf` knows no price. */
export function quote(lines: readonly OrderLine[], priceOf: (sku: string) => Price | undefined): Fields<Quote> {
  const quoted = lines.map(({ sku, quantity }) => {
    const found = priceOf(sku);
    if (!found) throw new RequestError('UNKNOWN_SKU', `There is no article "${sku}" in the price list.`);
    return { sku, quantity, price: found.price };
  });
  const cents = quoted.reduce((sum, { price, quantity }) => sum + price.cents * quantity, 0);
  return { lines: quoted, total: { cents, currency: CURRENCY } };
}
