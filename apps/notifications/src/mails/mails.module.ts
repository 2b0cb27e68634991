import { Module } from '@nestjs/common';
import { Config } from '../config.js';
import { MailServer } from '../mail-server/mail-server.js';
import { MailCustomerWhenOrderPlaced } from './mail-customer-when-order-placed.handler.js';
import { MailCustomerWhenPaymentCaptured } from './mail-customer-when-payment-captured.handler.js';
import { MailCustomerWhenPaymentDeclined } from './mail-customer-when-payment-declined.handler.js';
import { MailsRepository } from './mails.repository.js';
import { MailsService } from './mails.service.js';

@Module({
  controllers: [MailCustomerWhenOrderPlaced, MailCustomerWhenPaymentCaptured, MailCustomerWhenPaymentDeclined],
  providers: [
    MailsService,
    MailsRepository,
    { provide: MailServer, inject: [Config], useFactory: ({ smtpUrl }: Config) => new MailServer({ url: smtpUrl }) },
  ],
})
export class MailsModule {}
