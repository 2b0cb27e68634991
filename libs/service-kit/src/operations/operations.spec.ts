import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type HealthReport, KafkaHealth, KafkaMetrics, KafkaProgress } from '@fieldguide/kafka';
import type { INestApplication } from '@nestjs/common';
import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { DatabaseDownError } from '../database/database-errors.js';
import { Database } from '../database/database.js';
import { OperationsModule } from './operations.module.js';

const OK: HealthReport = { status: 'ok', ready: true, reasons: [] };
const CAUGHT_UP = { caughtUp: true, left: 0, total: 0 };
const state = { kafka: OK, progress: CAUGHT_UP, database: true };

@Global()
@Module({
  providers: [
    { provide: KafkaHealth, useValue: { report: () => state.kafka } },
    { provide: KafkaProgress, useValue: { report: () => state.progress } },
    { provide: KafkaMetrics, useValue: new KafkaMetrics() },
    {
      provide: Database,
      useValue: {
        assertAnswers: () =>
          state.database ? Promise.resolve() : Promise.reject(new DatabaseDownError('postgres://shop:secret@db')),
      },
    },
  ],
  exports: [KafkaHealth, KafkaMetrics, KafkaProgress, Database],
})
class Parts {}

let app: INestApplication;
let url: string;

beforeEach(async () => {
  Object.assign(state, { kafka: OK, progress: CAUGHT_UP, database: true });
  const module = await Test.createTestingModule({ imports: [Parts, OperationsModule] }).compile();
  app = module.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${(app.getHttpServer() as { address(): AddressInfo }).address().port}`;
});
afterEach(() => app.close());

const health = async (): Promise<object> => {
  const [live, ready] = await Promise.all(['live', 'ready'].map((path) => fetch(`${url}/health/${path}`)));
  return { live: live?.status, ready: ready?.status, body: await ready?.json() };
};

describe('the health of a replica', () => {
  it('is fine while messaging and database are', async () => {
    expect(await health()).toMatchObject({ live: 200, ready: 200, body: { status: 'ok' } });
  });

  it('is both live and ready, with the reason, while it is degraded', async () => {
    state.kafka = { status: 'degraded', ready: true, reasons: ['waits for the payment provider'] };

    expect(await health()).toMatchObject({
      live: 200,
      ready: 200,
      body: { status: 'degraded', details: { kafka: { reasons: ['waits for the payment provider'] } } },
    });
  });

  it('is ready while it catches up with the past, and says how much is left', async () => {
    state.progress = { caughtUp: false, left: 12, total: 40 };

    expect(await health()).toMatchObject({
      ready: 200,
      body: { status: 'ok', details: { kafka: { caughtUp: false, left: 12 } } },
    });
  });

  it('is live but not ready until its group is joined', async () => {
    state.kafka = { status: 'degraded', ready: false, reasons: ['group billing: joining'] };

    expect(await health()).toMatchObject({ live: 200, ready: 503, body: { status: 'error' } });
  });

  it('is neither when its consumer is dead, and says why', async () => {
    state.kafka = { status: 'dead', ready: false, reasons: ['group billing: has not polled for 30000 ms'] };

    expect(await health()).toMatchObject({
      live: 503,
      ready: 503,
      body: { details: { kafka: { status: 'down', reasons: ['group billing: has not polled for 30000 ms'] } } },
    });
  });

  it('is live but not ready without the database, whose address is not told', async () => {
    state.database = false;

    const answer = await health();

    expect(answer).toMatchObject({ live: 200, ready: 503, body: { details: { database: { status: 'down' } } } });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });
});

describe('the metrics of a replica', () => {
  it('hold what messaging counts and how the process is, as Prometheus reads it', async () => {
    const response = await fetch(`${url}/metrics`);
    const text = await response.text();

    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    expect(text).toContain('process_cpu_seconds_total');
    expect(text).toMatch(/^# HELP \S*(kafka|published)\S* /m);
  });
});
