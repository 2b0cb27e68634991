import { Module } from '@nestjs/common';
import { MailServerModule } from '../mail-server/mail-server.module.js';
import { MailCustomerWhenOrderPlaced } from './mail-customer-when-order-placed.handler.js';
import { MailCustomerWhenPaymentCaptured } from './mail-customer-when-payment-captured.handler.js';
import { MailCustomerWhenPaymentDeclined } from './mail-customer-when-payment-declined.handler.js';
import { MailsRepository } from './mails.repository.js';
import { MailsService } from './mails.service.js';

@Module({
  imports: [MailServerModule],
  controllers: [MailCustomerWhenOrderPlaced, MailCustomerWhenPaymentCaptured, MailCustomerWhenPaymentDeclined],
  providers: [MailsService, MailsRepository],
})
export class MailsModule {}
