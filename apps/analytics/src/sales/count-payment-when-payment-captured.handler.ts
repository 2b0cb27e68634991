import { PaymentCaptured } from '@fieldguide/contracts';
import { HandleEvent, MessageContext } from '@fieldguide/kafka';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { SalesRepository } from './sales.repository.js';

@Controller()
export class CountPaymentWhenPaymentCaptured {
  constructor(private readonly sales: SalesRepository) {}

  @HandleEvent(PaymentCaptured, { replayable: true })
  async handle(@Payload() payment: PaymentCaptured, @Ctx() { time }: MessageContext): Promise<void> {
    await this.sales.paid(payment.orderId, payment.amount, time);
  }
}
