import { PaymentCaptured } from '@fieldguide/contracts';
import { HandleEvent, MessageContext } from '@fieldguide/kafka';
import { Once } from '@fieldguide/outbox';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { SalesRepository } from './sales.repository.js';

@Controller()
export class CountPaymentWhenPaymentCaptured {
  constructor(private readonly sales: SalesRepository) {}

  @HandleEvent(PaymentCaptured, { replayable: true, batch: 500 })
  @Once()
  async handle(@Payload() payment: PaymentCaptured, @Ctx() { time, replay }: MessageContext): Promise<void> {
    await this.sales.paid(payment.orderId, payment.amount, time);
    // The inbox keeps the sum from counting one twice, and a replay does not ask it.
    if (!replay) await this.sales.addTakings(payment.amount);
  }
}
