import { KafkaMetrics } from '@fieldguide/kafka';
import { OutboxModule, PgTransactions, Transactions } from '@fieldguide/outbox';
import { type DynamicModule, type INestApplication, Module } from '@nestjs/common';
import type { Counter, Gauge } from 'prom-client';
import pg from 'pg';
import type { Task } from '../task.js';

@Module({})
class DatabaseModule {}

/** Connections of a service, as many as its callers share. */
const MOST = 20;

/** A service's database, by plain pg. */
export function databaseModule({ databaseUrl }: Task): DynamicModule {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: MOST });
  const transactions = new PgTransactions(pool);
  const providers = [
    { provide: PgTransactions, useValue: transactions },
    { provide: Transactions, useValue: transactions },
  ];
  return { module: DatabaseModule, global: true, providers, exports: [PgTransactions, Transactions] };
}

/** @param imports what is to stand in for parts of KafkaModule */
export function outboxModule({ databaseUrl = '' }: Task, imports: DynamicModule[] = []): DynamicModule {
  return OutboxModule.forService({ imports, useFactory: () => ({ databaseUrl }) });
}

/** Calls back when events are published and marked, with how many; and when this replica begins to relay. */
export function hearRelay(
  app: INestApplication,
  relayed: (events: number) => void,
  begins = (): void => undefined,
): void {
  const { registry } = app.get(KafkaMetrics);
  const counter = registry.getSingleMetric('outbox_relayed_total') as Counter;
  const inc = counter.inc.bind(counter);
  counter.inc = (events?: unknown) => {
    inc(Number(events));
    relayed(Number(events));
  };
  const gauge = registry.getSingleMetric('outbox_relay_active') as Gauge;
  const set = gauge.set.bind(gauge);
  gauge.set = (value: unknown) => {
    set(Number(value));
    if (value === 1) begins();
  };
}
