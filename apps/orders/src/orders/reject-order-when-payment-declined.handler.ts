import { PaymentDeclined } from '@fieldguide/contracts';
import { HandleEvent } from '@fieldguide/kafka';
import { Once } from '@fieldguide/outbox';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { OrdersService } from './orders.service.js';

@Controller()
export class RejectOrderWhenPaymentDeclined {
  constructor(private readonly orders: OrdersService) {}

  @HandleEvent(PaymentDeclined)
  @Once()
  async handle(@Payload() { orderId, reason }: PaymentDeclined): Promise<void> {
    await this.orders.reject(orderId, reason);
  }
}
