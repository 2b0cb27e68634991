import { IsInt, IsString } from 'class-validator';
import { Event, repliesWith, Request } from '../contract/index.js';

/** Contracts of two services, for specs without a broker. */
@Event('orders.order-placed.v1', { key: 'orderId', example: { orderId: '1' }, partitions: 3, retention: '1h' })
export class OrderPlaced {
  @IsString() orderId!: string;
}

/** Same fields as OrderPlaced: the compiler can't tell them apart. */
@Event('billing.payment-captured.v1', { key: 'orderId', example: { orderId: '1' }, retention: 'forever' })
export class PaymentCaptured {
  @IsString() orderId!: string;
}

export class Quote {
  @IsInt() cents!: number;
}

@Request('billing.quote-price.v1', { reply: Quote, example: { sku: 'tea' } })
export class QuotePrice {
  declare readonly [repliesWith]: Quote;
  @IsString() sku!: string;
}
