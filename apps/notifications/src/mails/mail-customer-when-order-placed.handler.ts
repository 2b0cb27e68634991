import { OrderPlaced } from '@fieldguide/contracts';
import { HandleEvent, Signal } from '@fieldguide/kafka';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { orderReceived } from './mail.js';
import { MailsService } from './mails.service.js';

@Controller()
export class MailCustomerWhenOrderPlaced {
  constructor(private readonly mails: MailsService) {}

  @HandleEvent(OrderPlaced, { replayable: true })
  async handle(@Payload() order: OrderPlaced, @Signal() signal: AbortSignal): Promise<void> {
    await this.mails.sendTo(order.customerEmail, orderReceived(order), signal);
  }
}
