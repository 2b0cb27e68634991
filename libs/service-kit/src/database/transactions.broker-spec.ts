import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type INestApplicationContext, Injectable, SetMetadata } from '@nestjs/common';
import { Transactional } from '@fieldguide/outbox';
import { Test } from '@nestjs/testing';
import { sql } from 'drizzle-orm';
import { type ScratchDatabase, scratchDatabase } from '../testing/index.js';
import { DatabaseModule } from './database.module.js';
import { TransactionHost } from './transactions.js';

@Injectable()
class Rows {
  constructor(private readonly database: TransactionHost) {}

  async add(n: number): Promise<void> {
    await this.database.tx.execute(sql`insert into rows values (${n})`);
  }
}

@Injectable()
class Bakery {
  constructor(private readonly rows: Rows) {}

  @Transactional()
  async both(one: number, two: number, between: Promise<unknown> = Promise.resolve()): Promise<string> {
    await this.rows.add(one);
    await between;
    await this.rows.add(two);
    return 'added';
  }

  @Transactional()
  async bothAndMore(): Promise<void> {
    await this.both(1, 2);
    throw new Error('after all');
  }

  @Transactional()
  @SetMetadata('who', 'baker')
  async described(): Promise<void> {}
}

let scratch: ScratchDatabase;
let migrations: string;
const apps: INestApplicationContext[] = [];

async function start(database: ScratchDatabase): Promise<Bakery> {
  const module = DatabaseModule.forService(
    { migrations: pathToFileURL(migrations) },
    { inject: [], useFactory: () => ({ url: database.url }) },
  );
  const app = await Test.createTestingModule({ imports: [module], providers: [Bakery, Rows] }).compile();
  apps.push(app);
  return app.get(Bakery);
}

beforeEach(async () => {
  scratch = await scratchDatabase();
  migrations = mkdtempSync(join(tmpdir(), 'migrations-'));
  mkdirSync(join(migrations, 'meta'));
  writeFileSync(join(migrations, '0000_rows.sql'), 'create table rows (n int unique)');
  const entries = [{ idx: 0, version: '7', when: 1, tag: '0000_rows', breakpoints: true }];
  writeFileSync(join(migrations, 'meta/_journal.json'), JSON.stringify({ entries }));
});
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  rmSync(migrations, { recursive: true });
  await scratch.drop();
});

const stored = async (): Promise<number[]> =>
  (await scratch.query<{ n: number }>('select n from rows order by n')).map(({ n }) => n);

describe('a transactional method', () => {
  it('stores all that its repositories store, and returns what it returns', async () => {
    const bakery = await start(scratch);

    expect(await bakery.both(1, 2)).toBe('added');

    expect(await stored()).toEqual([1, 2]);
  });

  it('stores nothing when it throws', async () => {
    const bakery = await start(scratch);

    await expect(bakery.both(1, 1)).rejects.toThrow();

    expect(await stored()).toEqual([]);
  });

  it('is part of the transaction of the one that calls it', async () => {
    const bakery = await start(scratch);

    await expect(bakery.bothAndMore()).rejects.toThrow('after all');

    expect(await stored()).toEqual([]);
  });

  it('knows nothing of those that run beside it', async () => {
    const bakery = await start(scratch);
    let fail = (_error: Error): void => undefined;
    const failing = bakery.both(1, 2, new Promise((_, reject) => (fail = reject)));

    await bakery.both(3, 4);
    fail(new Error('too late'));

    await expect(failing).rejects.toThrow('too late');
    expect(await stored()).toEqual([3, 4]);
  });

  it('writes to the database of its own app', async () => {
    const other = await scratchDatabase();
    const [bakery] = [await start(scratch), await start(other)];

    await bakery.both(1, 2);

    expect(await stored()).toEqual([1, 2]);
    await Promise.all(apps.splice(0).map((app) => app.close()));
    await other.drop();
  });

  it('keeps what other decorators have said about it', () => {
    expect(
      Reflect.getMetadata('who', Object.getOwnPropertyDescriptor(Bakery.prototype, 'described')?.value as object),
    ).toBe('baker');
  });
});
