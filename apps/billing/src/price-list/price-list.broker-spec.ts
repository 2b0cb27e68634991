import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventPublisher, OutcomeUnknownError, Requester } from '@fieldguide/kafka';
import { Database, DatabaseModule, TryAgainException } from '@fieldguide/service-kit';
import { eventually, type ScratchDatabase, scratchDatabase } from '@fieldguide/service-kit/testing';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { sql } from 'drizzle-orm';
import { Config } from '../config.js';
import { PriceListModule } from './price-list.module.js';
import { PriceListService } from './price-list.service.js';
import { PriceList } from './price-list.js';

class Publisher {
  readonly said: { event: object; id: string; time: Date }[] = [];
  answer: () => Promise<void> = () => Promise.resolve();

  async publish(event: object, { id, time }: { id: string; time: Date }): Promise<void> {
    await this.answer();
    this.said.push({ event: { ...event }, id, time });
  }
}

let scratch: ScratchDatabase;
let publisher: Publisher;
let app: INestApplicationContext;
let service: PriceListService;
const WAITING = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
const EUR = (cents: number) => ({ cents, currency: 'EUR' });

async function startReplica(): Promise<INestApplicationContext> {
  @Module({
    providers: [
      { provide: EventPublisher, useValue: publisher },
      { provide: Requester, useValue: undefined },
      { provide: Config, useValue: { replicaName: 'billing-1' } },
    ],
    exports: [EventPublisher, Requester, Config],
  })
  class Parts {}
  const database = DatabaseModule.forService(
    { migrations: new URL('../../migrations', import.meta.url) },
    { inject: [], useFactory: () => ({ url: scratch.url }) },
  );
  const imports = [{ module: Parts, global: true }, database, PriceListModule];
  return (await Test.createTestingModule({ imports }).compile()).init();
}

beforeEach(async () => {
  scratch = await scratchDatabase();
  publisher = new Publisher();
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

    expect(publisher.said.map(({ event }) => event)).toEqual([{ sku: 'tea', price: EUR(550), revision: 2 }]);
  });

  it('of a new article is its first revision', async () => {
    expect(await service.change('spoon', EUR(150))).toEqual({ sku: 'spoon', price: EUR(150), revision: 1 });

    expect(publisher.said.map(({ event }) => event)).toEqual([{ sku: 'spoon', price: EUR(150), revision: 1 }]);
  });

  it('to what it was already is no news', async () => {
    await service.change('tea', EUR(550));

    expect(await service.change('tea', EUR(550))).toMatchObject({ revision: 2 });

    expect(publisher.said).toHaveLength(1);
  });

  it('and may not have been said is said again under the same identity', async () => {
    const ids: string[] = [];
    publisher.publish = (_event, { id }) => {
      ids.push(id);
      return ids.length === 1 ? Promise.reject(new OutcomeUnknownError('no answer')) : Promise.resolve();
    };

    await expect(service.change('tea', EUR(550))).rejects.toThrow(TryAgainException);
    await service.change('tea', EUR(550));

    expect(ids).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), ids[0]]);
  });

  it('by two at once ends in two revisions', async () => {
    await Promise.all([service.change('tea', EUR(550)), service.change('tea', EUR(560))]);

    const revisions = publisher.said.map(({ event }) => (event as { revision: number }).revision);
    expect(revisions.sort()).toEqual([2, 3]);
    expect(new Set(publisher.said.map(({ id }) => id)).size).toBe(2);
  });
});

describe('the same price, sent twice at once', () => {
  it('is one revision with one identity', async () => {
    const { drizzle } = app.get(Database);
    let both: Promise<unknown>[] = [];
    // Both have to get past their first look before either of them can write.
    await drizzle.transaction(async (tx) => {
      await tx.execute(sql`select 1 from price_list where sku = 'tea' for update`);
      both = [service.change('tea', EUR(550)), service.change('tea', EUR(550))];
      await eventually(async () => expect(await scratch.query(WAITING)).toHaveLength(2));
    });

    expect(await Promise.all(both)).toMatchObject([{ revision: 2 }, { revision: 2 }]);

    expect(new Set(publisher.said.map(({ id }) => id)).size).toBe(1);
  });
});

describe('a replica that starts', () => {
  it('tells a price that one that was killed has stored and not told, once, under its identity', async () => {
    publisher.answer = () => new Promise(() => undefined); // as far as a kill lets it come
    void service.change('tea', EUR(550));
    const stored = "select news_id as id from price_list where sku = 'tea' and revision = 2 and said_at is null";
    await eventually(async () => expect(await scratch.query(stored)).toHaveLength(1));
    const [{ id } = {}] = await scratch.query<{ id?: string }>(stored);
    publisher.answer = () => Promise.resolve();

    await (await startReplica()).close();
    await (await startReplica()).close();

    expect(publisher.said).toMatchObject([{ id, event: { sku: 'tea', price: EUR(550), revision: 2 } }]);
  });

  it('starts though an untold price cannot be told', async () => {
    await scratch.query("update price_list set cents = 700, revision = 9, said_at = null where sku = 'mug'");
    publisher.answer = () => Promise.reject(new OutcomeUnknownError('no answer'));

    const late = await startReplica();

    expect(late.get(PriceList).priceOf('mug')).toMatchObject({ revision: 9 });
    await late.close();
  });

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
