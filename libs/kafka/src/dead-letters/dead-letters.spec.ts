import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger, type LoggerService } from '@nestjs/common';
import { KafkaMetrics } from '../counting/metrics.js';
import { runOnTrail } from '../correlation/correlation.js';
import { Handover } from '../errors-and-retries/handover.js';
import type { LaneControl } from '../handling/lane-control.js';
import { KafkaHealth } from '../health/kafka-health.js';
import { countsBy } from '../testing/counts.js';
import { recordAt } from '../testing/records.js';
import { DeadLetters } from './dead-letters.js';

const lane: LaneControl = {
  lost: new AbortController().signal,
  pause: () => Promise.resolve(true),
  hold: () => undefined,
  released: () => Promise.resolve(true),
  tryAnother: () => Promise.resolve(false),
};
const error = Object.assign(new Error('no mugs\n  at all'), { code: 'NO_STOCK' });
const why = { group: 'billing.retry', handler: 'Charge.handle', attempts: 4, error };
const record = recordAt(0, { partition: 5, offset: 9_007_199_254_740_993n });

/** What was logged as an error: message and fields. */
let lines: unknown[][];
let metrics: KafkaMetrics;
let letters: DeadLetters;

beforeEach(() => {
  lines = [];
  metrics = new KafkaMetrics();
  const ignore = (): void => undefined;
  const logger: LoggerService = { log: ignore, warn: ignore, error: (...line: unknown[]) => void lines.push(line) };
  Logger.overrideLogger(logger);
  const sender = { send: () => Promise.resolve({ partition: 0, offset: '0' }) };
  letters = new DeadLetters('billing', new Handover(sender as never, new KafkaHealth()), metrics, undefined);
});
afterEach(() => void Logger.overrideLogger(false));

describe('a dead letter of another service that a handler gave up on', () => {
  it('is one line and one count of its own, and is no dead letter of this one', async () => {
    letters.letBe(recordAt(9, { topic: 'orders.dead-letters' }), why);

    expect(lines).toEqual([
      [
        'Gave up on a dead letter of another service, orders.dead-letters/0@9: no mugs at all',
        expect.objectContaining({ topic: 'orders.dead-letters', offset: '9', code: 'NO_STOCK', attempts: 4 }),
        'DeadLetters',
      ],
    ]);
    expect(await countsBy(metrics.deadLettersLetBe, 'code')).toEqual({ NO_STOCK: 1 });
    expect(await countsBy(metrics.deadLetters, 'code')).toEqual({});
  });
});

describe('a dead letter', () => {
  it('is one line in the log, with a field for each thing that one searches for, and one count', async () => {
    await runOnTrail({ correlationId: 'abc-1', traceparent: '' }, () => letters.bury(record, why, lane));

    expect(lines).toEqual([
      [
        'Gave up on orders.order-placed.v1/5@9007199254740993: no mugs at all',
        {
          service: 'billing',
          topic: 'orders.order-placed.v1',
          partition: 5,
          offset: '9007199254740993',
          group: 'billing.retry',
          handler: 'Charge.handle',
          attempts: 4,
          code: 'NO_STOCK',
          error: 'Error',
          deadLetterTopic: 'billing.dead-letters',
          correlationId: 'abc-1',
        },
        'DeadLetters',
      ],
    ]);
    expect(await countsBy(metrics.deadLetters, 'code')).toEqual({ NO_STOCK: 1 });
  });

  it('tells the correlation id of its message where nothing has begun to handle it', async () => {
    const headers = { 'correlation-id': Buffer.from('abc-2') };

    await letters.bury(recordAt(7, { headers }), why, lane);

    expect(lines[0]?.[1]).toMatchObject({ correlationId: 'abc-2' });
  });
});
