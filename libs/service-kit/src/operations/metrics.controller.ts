import { KafkaMetrics } from '@fieldguide/kafka';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { collectDefaultMetrics, Registry } from 'prom-client';

/** What this replica counts, and how its process is, for Prometheus. */
@Controller('metrics')
@ApiExcludeController()
export class MetricsController {
  private readonly all: Registry;

  constructor(kafka: KafkaMetrics) {
    const process = new Registry();
    collectDefaultMetrics({ register: process });
    this.all = Registry.merge([kafka.registry, process]);
  }

  @Get()
  @Header('content-type', Registry.PROMETHEUS_CONTENT_TYPE)
  show(): Promise<string> {
    return this.all.metrics();
  }
}
