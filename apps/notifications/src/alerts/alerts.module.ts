import { Module } from '@nestjs/common';
import { MailServerModule } from '../mail-server/mail-server.module.js';
import { AlertCounts } from './alert-counts.js';
import { AlertRounds } from './alert-rounds.js';
import { AlertsRepository } from './alerts.repository.js';
import { AlertsService } from './alerts.service.js';
import { MailOperatorWhenDeadLetterReceived } from './mail-operator-when-dead-letter-received.handler.js';

@Module({
  imports: [MailServerModule],
  controllers: [MailOperatorWhenDeadLetterReceived],
  providers: [AlertsService, AlertsRepository, AlertCounts, AlertRounds],
})
export class AlertsModule {}
