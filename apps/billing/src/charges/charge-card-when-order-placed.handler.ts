import { OrderPlaced } from '@fieldguide/contracts';
import { HandleEvent, Signal } from '@fieldguide/kafka';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ChargesService } from './charges.service.js';

@Controller()
export class ChargeCardWhenOrderPlaced {
  constructor(private readonly charges: ChargesService) {}

  @HandleEvent(OrderPlaced)
  async handle(@Payload() order: OrderPlaced, @Signal() signal: AbortSignal): Promise<void> {
    await this.charges.charge(order, signal);
  }
}
