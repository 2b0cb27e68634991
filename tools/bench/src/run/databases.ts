import { acquireInfra, home, type Infra } from '@fieldguide/infra';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

/** What a production database has; any of them off would flatter whoever writes most. */
const DURABLE = ['fsync', 'synchronous_commit', 'full_page_writes'];
const CHOSEN_ELSEWHERE = ['DATABASE_URL', 'SMTP_URL', 'MAIL_URL', 'KAFKA_SSL', 'KAFKA_SECURED'];

/** Databases of the runs, on a server of the bench's own: never the developer's. */
export class Databases {
  private constructor(
    private readonly infra: Infra,
    /** As a sentence. */
    readonly told: string,
  ) {}

  /** @param core the only one that PostgreSQL may use; undefined: any */
  static async start(kafka: string, core: number | undefined): Promise<Databases> {
    // A home of its own, whose broker is the one that is there already.
    Object.assign(process.env, { FIELDGUIDE_HOME: path.join(home(), 'bench'), KAFKA_BROKERS: kafka, INFRA: 'local' });
    for (const name of CHOSEN_ELSEWHERE) process.env[name] = '';
    const database = { durable: true, ...(core === undefined ? {} : { core }) } as const;
    const infra = await acquireInfra({ name: 'bench', database });
    const databases = new Databases(infra, await assertDurable(infra.databaseServerUrl));
    await databases.#removeLeftovers();
    return databases;
  }

  /** With the tables of outbox and inbox. */
  async create(service: string): Promise<string> {
    const name = `bench_${service.replaceAll('-', '_')}_${randomBytes(3).toString('hex')}`;
    await query(this.infra.databaseServerUrl, `create database ${name}`);
    const url = Object.assign(new URL(this.infra.databaseServerUrl), { pathname: `/${name}` }).href;
    for (const table of ['outbox', 'inbox']) await query(url, sqlOf(table));
    await query(url, OWN_TABLES);
    return url;
  }

  async drop(url: string): Promise<void> {
    const name = new URL(url).pathname.slice(1);
    await query(this.infra.databaseServerUrl, `drop database ${name} with (force)`);
  }

  /** Of a bench that was interrupted. */
  async #removeLeftovers(): Promise<void> {
    const url = this.infra.databaseServerUrl;
    const found = await query<{ datname: string }>(
      url,
      String.raw`select datname from pg_database where datname like 'bench\_%'`,
    );
    for (const { datname } of found) await query(url, `drop database ${datname} with (force)`);
  }

  close(): Promise<void> {
    return this.infra.release();
  }
}

async function assertDurable(url: string): Promise<string> {
  for (const name of DURABLE) {
    const [row] = await query<Record<string, string>>(url, `show ${name}`);
    if (row?.[name] !== 'on') throw new Error(`PostgreSQL runs with ${name} = ${row?.[name]}; the bench needs it on.`);
  }
  const [server] = await query<{ server_version: string }>(url, 'show server_version');
  return `PostgreSQL ${server?.server_version} on the broker's core, with ${DURABLE.join(', ')} on.`;
}

/** One connection for one question. */
export async function query<Row extends pg.QueryResultRow>(
  connectionString: string,
  text: string,
  values?: unknown[],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

const sqlOf = (table: string): string =>
  readFileSync(fileURLToPath(import.meta.resolve(`@fieldguide/outbox/sql/${table}.sql`)), 'utf8');

/** What a service of the bench has beside them: its orders, news in a table that nobody relays, and what it has counted. */
const OWN_TABLES = `
  create table orders (id text primary key, account text not null, sequence int not null, placed_at timestamptz not null default now());
  create table news (
    position bigint generated always as identity primary key, id text not null, topic text not null, key text not null,
    value text not null, headers json not null, stored_at timestamptz not null default now()
  );
  create index news_topic on news (position) where topic is not null;
  create table sales (position bigint generated always as identity primary key, account text not null, sequence int not null)`;
