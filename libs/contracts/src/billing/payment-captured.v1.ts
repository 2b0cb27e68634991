import { Event } from '@fieldguide/kafka/contract';
import { IsString, IsUUID, Length } from 'class-validator';
import { Money } from '../money.js';
import { IsOne } from '../nested.js';

/** The payment provider has charged the customer's card for an order, once. */
@Event('billing.payment-captured.v1', {
  key: 'orderId',
  example: {
    orderId: '3f1c2a64-2f0e-4d0b-9a53-6c1de2a6b4f7',
    paymentId: 'pay_9d3b7f10',
    amount: { cents: 1_840, currency: 'EUR' },
  },
})
export class PaymentCaptured {
  @IsUUID()
  orderId!: string;

  /** The payment provider's name for this charge. */
  @IsString()
  @Length(1, 200)
  paymentId!: string;

  @IsOne(() => Money)
  amount!: Money;
}
