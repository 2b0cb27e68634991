import { Module } from '@nestjs/common';
import { Config } from '../config.js';
import { MailServer } from './mail-server.js';

@Module({
  providers: [
    { provide: MailServer, inject: [Config], useFactory: ({ smtpUrl }: Config) => new MailServer({ url: smtpUrl }) },
  ],
  exports: [MailServer],
})
export class MailServerModule {}
