import { repliesWith, Request } from '@fieldguide/kafka/contract';
import { Money } from '../money.js';
import { IsListOf, IsOne } from '../nested.js';
import { ORDER_LINES, OrderLine } from '../order-line.js';

/** An order line with the price of one piece. */
export class QuotedLine extends OrderLine {
  @IsOne(() => Money)
  price!: Money;
}

/** What an order costs now: each line in the order in which it was asked, and all of them together. */
export class Quote {
  @IsListOf(() => QuotedLine, ORDER_LINES)
  lines!: QuotedLine[];

  @IsOne(() => Money)
  total!: Money;
}

/** Asks billing what these lines cost. Fails with the code UNKNOWN_SKU where the price list lacks one of them. */
@Request('billing.quote-price.v1', {
  reply: Quote,
  example: { lines: [{ sku: 'tea', quantity: 2 }] },
})
export class QuotePrice {
  declare readonly [repliesWith]: Quote;

  @IsListOf(() => OrderLine, ORDER_LINES)
  lines!: OrderLine[];
}
