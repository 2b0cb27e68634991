import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';

/** `/health/live`, `/health/ready` and `/metrics`: what an operator asks each replica. */
@Module({
  // Without its own logging: a probe that fails asks again every few seconds, and who asks reads the reason.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController, MetricsController],
})
export class OperationsModule {}
