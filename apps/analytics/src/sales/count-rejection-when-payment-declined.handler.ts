import { PaymentDeclined } from '@fieldguide/contracts';
import { HandleEvent, MessageContext } from '@fieldguide/kafka';
import { Once } from '@fieldguide/outbox';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { SalesRepository } from './sales.repository.js';

@Controller()
export class CountRejectionWhenPaymentDeclined {
  constructor(private readonly sales: SalesRepository) {}

  @HandleEvent(PaymentDeclined, { replayable: true, batch: 500 })
  @Once()
  async handle(@Payload() payment: PaymentDeclined, @Ctx() { time }: MessageContext): Promise<void> {
    await this.sales.rejected(payment.orderId, time);
  }
}
