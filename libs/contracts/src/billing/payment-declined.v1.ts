import { Event } from '@fieldguide/kafka/contract';
import { IsString, IsUUID, Length } from 'class-validator';

/** The payment provider has refused to charge the customer's card for an order, and will go on refusing. */
@Event('billing.payment-declined.v1', {
  key: 'orderId',
  example: { orderId: '3f1c2a64-2f0e-4d0b-9a53-6c1de2a6b4f7', reason: 'card declined' },
})
export class PaymentDeclined {
  @IsUUID()
  orderId!: string;

  /** The payment provider's words, fit for the customer. */
  @IsString()
  @Length(1, 200)
  reason!: string;
}
