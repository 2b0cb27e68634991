import { KafkaHealth, KafkaProgress } from '@fieldguide/kafka';
import { Controller, Get, Optional } from '@nestjs/common';
import {
  HealthCheck,
  HealthCheckService,
  type HealthCheckResult,
  type HealthIndicatorResult,
  HealthIndicatorService,
} from '@nestjs/terminus';
import { Database } from '../database/database.js';

/**
 * Live: restart me when this says 503. Ready: give me requests while this says 200. What is degraded is both, with the
 * reason in the body: a slow payment provider must not take every replica out.
 */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly messaging: KafkaHealth,
    private readonly progress: KafkaProgress,
    @Optional() private readonly database?: Database,
  ) {}

  @Get('live')
  @HealthCheck()
  live(): Promise<HealthCheckResult> {
    return this.health.check([() => this.kafka({ mustBeReady: false })]);
  }

  @Get('ready')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    const { database } = this;
    const indicators = [() => this.kafka({ mustBeReady: true })];
    return this.health.check(database ? [...indicators, () => this.databaseOf(database)] : indicators);
  }

  private kafka({ mustBeReady }: { mustBeReady: boolean }): HealthIndicatorResult<'kafka'> {
    const { status, ready, reasons } = this.messaging.report();
    const indicator = this.indicators.check('kafka');
    const { caughtUp, left } = this.progress.report();
    // A service that is not through with the past works all the same.
    const details: Record<string, unknown> = { caughtUp, left, ...(reasons.length > 0 && { reasons }) };
    if (status === 'dead' || (mustBeReady && !ready)) return indicator.down(details);
    return status === 'degraded' ? indicator.degraded(details) : indicator.up(details);
  }

  private async databaseOf(database: Database): Promise<HealthIndicatorResult<'database'>> {
    const indicator = this.indicators.check('database');
    return database.assertAnswers().then(
      () => indicator.up(),
      () => indicator.down({ reasons: ['the database does not answer'] }),
    );
  }
}
