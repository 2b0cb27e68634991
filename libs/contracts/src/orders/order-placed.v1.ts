import { Event } from '@fieldguide/kafka/contract';
import { IsUUID } from 'class-validator';
import { IsCardToken } from '../card-token.js';
import { IsCustomerEmail } from '../customer-email.js';
import { Money } from '../money.js';
import { IsListOf, IsOne } from '../nested.js';
import { ORDER_LINES, OrderLine } from '../order-line.js';

/** A customer's order was accepted. It has not been paid. */
@Event('orders.order-placed.v1', {
  key: 'orderId',
  example: {
    orderId: '3f1c2a64-2f0e-4d0b-9a53-6c1de2a6b4f7',
    customerEmail: 'ada@customers.example',
    card: 'tok_visa',
    lines: [
      { sku: 'tea', quantity: 2 },
      { sku: 'mug', quantity: 1 },
    ],
    total: { cents: 1_840, currency: 'EUR' },
  },
})
export class OrderPlaced {
  @IsUUID()
  orderId!: string;

  @IsCustomerEmail()
  customerEmail!: string;

  /** The payment provider's token of the customer's card. */
  @IsCardToken()
  card!: string;

  @IsListOf(() => OrderLine, ORDER_LINES)
  lines!: OrderLine[];

  @IsOne(() => Money)
  total!: Money;
}
