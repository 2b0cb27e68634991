import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DatabaseModule } from '@fieldguide/service-kit';
import { type ScratchDatabase, scratchDatabase } from '@fieldguide/service-kit/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { SalesRepository } from './sales.repository.js';

let scratch: ScratchDatabase;
let app: INestApplicationContext;
let sales: SalesRepository;

beforeEach(async () => {
  scratch = await scratchDatabase();
  const database = DatabaseModule.forService(
    { migrations: new URL('../../migrations', import.meta.url) },
    { inject: [], useFactory: () => ({ url: scratch.url }) },
  );
  const module = await Test.createTestingModule({ imports: [database], providers: [SalesRepository] })
    .setLogger(false as never)
    .compile();
  app = await module.init();
  sales = app.get(SalesRepository);
});
afterEach(async () => {
  await app.close();
  await scratch.drop();
});

const at = (time: string) => new Date(time);
const euros = (cents: number) => ({ cents, currency: 'EUR' });

describe('the sales of a day', () => {
  it('are the same in whatever order an order is heard of, and however often', async () => {
    const orderId = randomUUID();
    const news = [
      () => sales.placed(orderId, at('2026-11-25T10:00:00Z')),
      () => sales.paid(orderId, euros(990), at('2026-11-25T10:00:05Z')),
    ];

    for (const hear of [...news, ...news].reverse()) await hear();

    expect(await sales.daily()).toEqual([{ day: '2026-11-25', orders: 1, paid: 1, rejected: 0, sums: [euros(990)] }]);
  });

  it('are those of the day on which each thing happened, in UTC', async () => {
    const [paidLater, rejected] = [randomUUID(), randomUUID()];
    await sales.placed(paidLater, at('2026-11-25T23:59:59.999Z'));
    await sales.paid(paidLater, euros(1_000), at('2026-11-26T00:00:00Z'));
    await sales.placed(rejected, at('2026-11-26T01:00:00+02:00'));
    await sales.rejected(rejected, at('2026-11-26T12:00:00Z'));

    expect(await sales.daily()).toEqual([
      { day: '2026-11-25', orders: 2, paid: 0, rejected: 0, sums: [] },
      { day: '2026-11-26', orders: 0, paid: 1, rejected: 1, sums: [euros(1_000)] },
    ]);
  });

  it('add up what was paid, each currency by itself', async () => {
    for (const amount of [euros(100), euros(250), { cents: 7, currency: 'CHF' }])
      await sales.paid(randomUUID(), amount, at('2026-11-25T10:00:00Z'));

    expect(await sales.daily()).toMatchObject([{ paid: 3, sums: [{ cents: 7, currency: 'CHF' }, euros(350)] }]);
  });
});
