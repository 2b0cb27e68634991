import type { ContractClass } from '@fieldguide/kafka/contract';
import { PaymentCaptured } from './billing/payment-captured.v1.js';
import { PaymentDeclined } from './billing/payment-declined.v1.js';
import { PriceListChanged } from './billing/price-list-changed.v1.js';
import { Quote, QuotedLine, QuotePrice } from './billing/quote-price.v1.js';
import { PriceRevision, TellPriceRevision } from './billing/tell-price-revision.v1.js';
import { OrderPlaced } from './orders/order-placed.v1.js';

export { looksLikeCardNumber } from './card-number.js';
export { IsCardToken } from './card-token.js';
export { IsCustomerEmail } from './customer-email.js';
export { Money } from './money.js';
export { IsListOf, IsOne } from './nested.js';
export { ORDER_LINES, OrderLine } from './order-line.js';
export { IsSku } from './sku.js';
export {
  OrderPlaced,
  PaymentCaptured,
  PaymentDeclined,
  PriceListChanged,
  PriceRevision,
  Quote,
  QuotedLine,
  QuotePrice,
  TellPriceRevision,
};

/** Everything that services say to each other. */
export const ALL_CONTRACTS: readonly ContractClass[] = [
  OrderPlaced,
  QuotePrice,
  PaymentCaptured,
  PaymentDeclined,
  PriceListChanged,
  TellPriceRevision,
];
