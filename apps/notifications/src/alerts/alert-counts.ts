import { KafkaMetrics } from '@fieldguide/kafka';
import { Injectable } from '@nestjs/common';
import { Counter } from 'prom-client';

/** What `/metrics` says of alerts, beside what messaging counts. */
@Injectable()
export class AlertCounts {
  /** By outcome: `sent`, `failed`. */
  readonly mails;
  /** By service that gave up, and outcome: `kept` until a mail tells it, `too-old` for one. */
  readonly heard;

  constructor({ registry }: KafkaMetrics) {
    this.mails = new Counter({
      name: 'operator_mails_total',
      help: 'Mails to the operator',
      labelNames: ['outcome'] as const,
      registers: [registry],
    });
    this.heard = new Counter({
      name: 'dead_letters_heard_total',
      help: 'Dead letters of other services',
      labelNames: ['service', 'outcome'] as const,
      registers: [registry],
    });
  }
}
