import { setTimeout } from 'node:timers/promises';
import { withoutValues } from '@fieldguide/service-kit';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { AlertsService } from './alerts.service.js';

const EVERY_MS = 1_000;
/** How long a stop waits for a mail that is going out. */
const STOP_MS = 2_000;

/** Looks for what is due again and again: the last dead letters of a burst are told when no other comes to remind of them. */
@Injectable()
export class AlertRounds implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Alerts');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private lastFailure = '';

  constructor(private readonly alerts: AlertsService) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void (this.running ??= this.round()), EVERY_MS).unref();
  }

  /** The database is there until after this. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await Promise.race([this.running, setTimeout(STOP_MS, undefined, { ref: false })]);
  }

  private async round(): Promise<void> {
    const failure = await this.alerts.mailWhatIsDue().then(() => '', sentence);
    if (failure && failure !== this.lastFailure) this.logger.warn(`The operator is owed a mail: ${failure}`);
    this.lastFailure = failure;
    this.running = undefined;
  }
}

const sentence = (error: unknown): string => (withoutValues(error) as Error).message;
