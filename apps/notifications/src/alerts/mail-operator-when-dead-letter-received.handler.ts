import { DeadLetterReceived, HandleDeadLetters } from '@fieldguide/kafka';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { AlertsService } from './alerts.service.js';

@Controller()
export class MailOperatorWhenDeadLetterReceived {
  constructor(private readonly alerts: AlertsService) {}

  @HandleDeadLetters({ of: ['orders', 'billing'] })
  async handle(@Payload() letter: DeadLetterReceived): Promise<void> {
    await this.alerts.hear(letter);
  }
}
