import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Requester } from '@fieldguide/kafka';
import { toldIn, unrelayedOutbox } from '@fieldguide/outbox/testing';
import { Database, DatabaseModule } from '@fieldguide/service-kit';
import { eventually, type ScratchDatabase, scratchDatabase } from '@fieldguide/service-kit/testing';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { sql } from 'drizzle-orm';
import { Config } from '../config.js';
import { PriceListModule } from './price-list.module.js';
import { PriceListService } from './price-list.service.js';
import { PriceList } from './price-list.js';

let scratch: ScratchDatabase;
let app: INestApplicationContext;
let service: PriceListService;
const WAITING = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
const events = async () => (await toldIn(scratch)).map(({ event }) => event);
const EUR = (cents: number) => ({ cents, currency: 'EUR' });

async function startReplica(): Promise<INestApplicationContext> {
  @Module({
    providers: [
      { provide: Requester, useValue: undefined },
      { provide: Config, useValue: { replicaName: 'billing-1' } },
    ],
    exports: [Requester, Config],
  })
  class Parts {}
  const database = DatabaseModule.forService(
    { migrations: new URL('../../migrations', import.meta.url) },
    { inject: [], useFactory: () => ({ url: scratch.url }) },
  );
  const imports = [{ module: Parts, global: true }, database, unrelayedOutbox('billing'), PriceListModule];
  return (await Test.createTestingModule({ imports }).compile()).init();
}

beforeEach(async () => {
  scratch = await scratchDatabase();
  app = await startReplica();
  service = app.get(PriceListService);
});
afterEach(async () => {
  await app.close();
  await scratch.drop();
});

describe('a price that is changed', () => {
  it('has the next revision, and is said', async () => {
    expect(await service.change('tea', EUR(550))).toEqual({ sku: 'tea', price: EUR(550), revision: 2 });

    expect(await events()).toEqual([{ sku: 'tea', price: EUR(550), revision: 2 }]);
  });

  it('of a new article is its first revision', async () => {
    expect(await service.change('spoon', EUR(150))).toEqual({ sku: 'spoon', price: EUR(150), revision: 1 });

    expect(await events()).toEqual([{ sku: 'spoon', price: EUR(150), revision: 1 }]);
  });

  it('to what it was already is no news', async () => {
    await service.change('tea', EUR(550));

    expect(await service.change('tea', EUR(550))).toMatchObject({ revision: 2 });

    expect(await events()).toHaveLength(1);
  });

  it('and can not be said is not changed', async () => {
    await scratch.query('alter table outbox rename to elsewhere');

    await expect(service.change('tea', EUR(550))).rejects.toThrow('outbox');

    expect(await scratch.query("select revision from price_list where sku = 'tea'")).toEqual([{ revision: 1 }]);
  });

  it('by two at once ends in two revisions', async () => {
    await Promise.all([service.change('tea', EUR(550)), service.change('tea', EUR(560))]);

    // In the order of the commits: each has locked the article before it added its event.
    expect(await events()).toMatchObject([{ revision: 2 }, { revision: 3 }]);
  });
});

describe('the same price, sent twice at once', () => {
  it('is one revision, said once', async () => {
    const { drizzle } = app.get(Database);
    let both: Promise<unknown>[] = [];
    // Both have to get past their first look before either of them can write.
    await drizzle.transaction(async (tx) => {
      await tx.execute(sql`select 1 from price_list where sku = 'tea' for update`);
      both = [service.change('tea', EUR(550)), service.change('tea', EUR(550))];
      await eventually(async () => expect(await scratch.query(WAITING)).toHaveLength(2));
    });

    expect(await Promise.all(both)).toMatchObject([{ revision: 2 }, { revision: 2 }]);

    expect(await events()).toHaveLength(1);
  });
});

describe('a replica that starts', () => {
  it('knows the prices that the others have heard of', async () => {
    await service.change('tea', EUR(550));

    const late = await startReplica();

    expect(late.get(PriceList).priceOf('tea')).toEqual({ sku: 'tea', price: EUR(550), revision: 2 });
    await late.close();
  });

  it('misses no change between its first look and its position in the topic', async () => {
    await scratch.query("update price_list set cents = 700, revision = 9 where sku = 'mug'");

    // What `app.listen()` does after the transport has taken its position.
    await service.onApplicationBootstrap();

    expect(app.get(PriceList).priceOf('mug')).toEqual({ sku: 'mug', price: EUR(700), revision: 9 });
  });
});
