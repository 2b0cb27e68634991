import { PaymentCaptured } from '@fieldguide/contracts';
import { HandleEvent } from '@fieldguide/kafka';
import { Once } from '@fieldguide/outbox';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { OrdersService } from './orders.service.js';

@Controller()
export class MarkOrderPaidWhenPaymentCaptured {
  constructor(private readonly orders: OrdersService) {}

  @HandleEvent(PaymentCaptured)
  @Once()
  async handle(@Payload() { orderId }: PaymentCaptured): Promise<void> {
    await this.orders.markPaid(orderId);
  }
}
