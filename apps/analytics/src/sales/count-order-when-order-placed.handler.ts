import { OrderPlaced } from '@fieldguide/contracts';
import { HandleEvent, MessageContext } from '@fieldguide/kafka';
import { Once } from '@fieldguide/outbox';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { SalesRepository } from './sales.repository.js';

@Controller()
export class CountOrderWhenOrderPlaced {
  constructor(private readonly sales: SalesRepository) {}

  @HandleEvent(OrderPlaced, { replayable: true, batch: 500 })
  @Once()
  async handle(@Payload() order: OrderPlaced, @Ctx() { time }: MessageContext): Promise<void> {
    await this.sales.placed(order.orderId, time);
  }
}
