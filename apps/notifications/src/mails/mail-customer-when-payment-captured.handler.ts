import { PaymentCaptured } from '@fieldguide/contracts';
import { HandleEvent, Signal } from '@fieldguide/kafka';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { paymentCaptured } from './mail.js';
import { MailsService } from './mails.service.js';

@Controller()
export class MailCustomerWhenPaymentCaptured {
  constructor(private readonly mails: MailsService) {}

  @HandleEvent(PaymentCaptured, { replayable: true })
  async handle(@Payload() payment: PaymentCaptured, @Signal() signal: AbortSignal): Promise<void> {
    await this.mails.send(paymentCaptured(payment), signal);
  }
}
