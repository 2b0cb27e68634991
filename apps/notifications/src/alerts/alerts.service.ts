import { DependencyDownError, type DeadLetterReceived } from '@fieldguide/kafka';
import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../config.js';
import { MailServer, SEND_TIMEOUT_MS } from '../mail-server/mail-server.js';
import { type Cause, heard, isOldNews } from './alert.js';
import { AlertCounts } from './alert-counts.js';
import { AlertsRepository, type TakenAlert } from './alerts.repository.js';
import { operatorMail } from './operator-mail.js';

/** Longer than any send: what outlives it is a crash. */
const SENDING_MS = SEND_TIMEOUT_MS + 5_000;

/**
 * Mails the operator about dead letters: at most one mail for each cause within an interval, and every dead letter in one
 * of them. Only a crash, or an outage of the database or the mail server, between a mail and its being noted has the same
 * dead letters told once more, an interval later.
 */
@Injectable()
export class AlertsService {
  private readonly logger = new Logger('Alerts');

  constructor(
    private readonly alerts: AlertsRepository,
    private readonly server: MailServer,
    private readonly counts: AlertCounts,
    private readonly config: Config,
  ) {}

  /** When it resolves, a mail will tell of this dead letter, whatever is killed. Heard twice, it is told once. */
  async hear(letter: DeadLetterReceived): Promise<void> {
    const { service } = letter;
    const isOld = isOldNews(letter, new Date());
    if (!isOld) await this.alerts.hear(heard(letter));
    this.counts.heard.inc({ service, outcome: isOld ? 'too-old' : 'kept' });
  }

  /** Any number of replicas may call it at any time. Throws the first failure when the other mails are out. */
  async mailWhatIsDue(): Promise<void> {
    const failures: unknown[] = [];
    for (const cause of await this.alerts.due()) {
      await this.mail(cause).catch((error: unknown) => failures.push(error));
      // The others would wait for the same.
      if (failures.at(-1) instanceof DependencyDownError) break;
    }
    if (failures.length > 0) throw failures[0];
  }

  private async mail(cause: Cause): Promise<void> {
    const { operatorMailIntervalMs: intervalMs } = this.config;
    // Not given back where the mail fails: the server may have taken it, and this would be the second within an interval.
    const alert = await this.alerts.take(cause, Math.max(intervalMs, SENDING_MS));
    if (!alert) return;
    await this.send(alert, intervalMs);
    await this.alerts.noteTold(alert, intervalMs);
    this.logger.log(`Mailed the operator about ${cause.service}, ${cause.code}: ${alert.count}`);
  }

  private async send(alert: TakenAlert, intervalMs: number): Promise<void> {
    const { operatorEmail: address } = this.config;
    const mail = { ...operatorMail(alert, intervalMs), address, messageId: `${alert.mail}.alert@fieldguide.example` };
    try {
      await this.server.send(mail);
      this.counts.mails.inc({ outcome: 'sent' });
    } catch (error) {
      this.counts.mails.inc({ outcome: 'failed' });
      throw error;
    }
  }
}
