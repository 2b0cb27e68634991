import { PaymentDeclined } from '@fieldguide/contracts';
import { HandleEvent, Signal } from '@fieldguide/kafka';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { paymentDeclined } from './mail.js';
import { MailsService } from './mails.service.js';

@Controller()
export class MailCustomerWhenPaymentDeclined {
  constructor(private readonly mails: MailsService) {}

  @HandleEvent(PaymentDeclined, { replayable: true })
  async handle(@Payload() payment: PaymentDeclined, @Signal() signal: AbortSignal): Promise<void> {
    await this.mails.send(paymentDeclined(payment), signal);
  }
}
