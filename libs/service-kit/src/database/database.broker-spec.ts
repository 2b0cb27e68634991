import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { eventually, type ScratchDatabase, scratchDatabase } from '../testing/index.js';
import { isDatabaseDown, withoutValues } from './database-errors.js';
import { Database } from './database.js';
import { migrateOnce } from './migrate-once.js';

const OTHERS = 'from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';
const SLEEPERS = `select 1 ${OTHERS} and query like '%pg_sleep(30)%'`;

let scratch: ScratchDatabase;
let migrations: string;
const opened: Database[] = [];

beforeEach(async () => {
  scratch = await scratchDatabase();
  migrations = mkdtempSync(join(tmpdir(), 'migrations-'));
  mkdirSync(join(migrations, 'meta'));
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.onApplicationShutdown()));
  rmSync(migrations, { recursive: true });
  await scratch.drop();
});

/** Writes the SQL of all migrations so far, the oldest first. */
function migrateBy(...statements: string[]): void {
  const entries = statements.map((text, idx) => {
    const tag = `000${idx}_step`;
    writeFileSync(join(migrations, `${tag}.sql`), text);
    return { idx, version: '7', when: 1_700_000_000_000 + idx, tag, breakpoints: true };
  });
  writeFileSync(
    join(migrations, 'meta/_journal.json'),
    JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
  );
}

const open = async (url = scratch.url): Promise<Database> => {
  const database = await Database.open({ url }, migrations);
  opened.push(database);
  return database;
};

describe('three replicas that start at once on an empty database', () => {
  it('run each migration once', async () => {
    // Slow, and not repeatable: a second run in another replica would fail, or count twice.
    migrateBy(
      'create table runs (n int); select pg_sleep(0.3); insert into runs values (1)',
      'insert into runs values (2)',
    );

    await Promise.all([open(), open(), open()]);

    expect(await scratch.query('select n from runs order by n')).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('run what is new at a later start only', async () => {
    migrateBy('create table runs (n int)');
    await open();
    migrateBy('create table runs (n int)', 'insert into runs values (2)');

    await Promise.all([open(), open(), open()]);

    expect(await scratch.query('select n from runs')).toEqual([{ n: 2 }]);
  });
});

describe('a migration', () => {
  const SLOW = 'create table runs (n int); select pg_sleep(1)';

  it('that takes longer than a query may is not cut', async () => {
    migrateBy(SLOW);

    await migrateOnce({ connectionString: scratch.url, statement_timeout: 300, query_timeout: 400 }, migrations, 300);

    expect(await scratch.query('select n from runs')).toEqual([]);
  });

  it('of another replica is waited for so long, and then named', async () => {
    migrateBy(SLOW.replace('1)', '30)'));
    const other = migrateOnce({ connectionString: scratch.url }, migrations).catch(() => undefined);
    await eventually(async () => expect(await scratch.query(SLEEPERS)).toHaveLength(1));

    const waiting = migrateOnce({ connectionString: scratch.url }, migrations, 300);

    const name = new URL(scratch.url).pathname.slice(1);
    await expect(waiting).rejects.toThrow(
      `Another replica has been migrating the database ${name} for 0.3 seconds: wait`,
    );
    await scratch.query(`select pg_terminate_backend(pid) ${OTHERS}`);
    await other;
  });
});

describe('a database', () => {
  beforeEach(() => migrateBy('create table people (mail text primary key)'));

  it('that refuses the user is named without the password', async () => {
    const url = Object.assign(new URL(scratch.url), { password: 'wrong-password' });

    const opening = open(url.href);

    await expect(opening).rejects.toThrow(
      `The database ${url.pathname.slice(1)} at ${url.hostname}:${url.port} refuses`,
    );
    await expect(opening).rejects.not.toThrow(/wrong-password/);
  });

  it('that ends every connection costs the queries of that moment, and nothing else', async () => {
    const database = await open();
    const asleep = database.drizzle.execute(sql`select pg_sleep(30)`).catch((error: unknown) => error);
    await eventually(async () => expect(await scratch.query(SLEEPERS)).toHaveLength(1));

    await scratch.query(`select pg_terminate_backend(pid) ${OTHERS}`);

    expect(isDatabaseDown(await asleep)).toBe(true);
    await database.assertAnswers();
  });

  it('that ends a connection between two queries of a transaction costs that transaction, and not the process', async () => {
    const database = await open();
    const cut = database.drizzle
      .transaction(async (tx) => {
        await tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`).catch(() => undefined);
        // The pool has been told when the connection is closed.
        await eventually(async () => expect(await scratch.query(`select 1 ${OTHERS}`)).toHaveLength(0));
        await tx.execute(sql`select 1`);
      })
      .catch((error: unknown) => error);

    expect(isDatabaseDown(await cut)).toBe(true);
    await database.assertAnswers();
  });

  it('that is gone is known by its error', async () => {
    const database = await open();
    await scratch.drop();

    const inTransaction = await database.drizzle
      .transaction(async (tx) => tx.execute(sql`select 1`))
      .catch(withoutValues);

    expect(inTransaction).toMatchObject({ code: 'DATABASE_DOWN' });
    scratch = await scratchDatabase();
  });

  it('that refuses a query says why, without the values of the query', async () => {
    const database = await open();
    const insert = () => database.drizzle.execute(sql`insert into people values (${'ada@customers.example'})`);
    await insert();

    const refused = (await insert().catch(withoutValues)) as Error;

    expect(refused).toMatchObject({ code: 'DATABASE_QUERY' });
    expect(refused.message).toContain('people_pkey');
    expect(refused.message).not.toContain('ada@');
  });
});
