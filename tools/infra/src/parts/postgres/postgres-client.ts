import pg from 'pg';
import { firstLine, InfraError } from '../../infra-error.js';

const CONNECT_WITHIN_MS = 5_000;

/** One connection for one question. */
export async function withClient<T>(url: string, ask: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    query_timeout: 30_000,
    application_name: 'fieldguide-infra',
  });
  // A server that goes away says so on the connection, too.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await ask(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

export const selectOne = (url: string): Promise<unknown> => withClient(url, (client) => client.query('select 1'));

/** The server's URL with another database. */
export function withDatabase(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** A URL without a database means the one called `postgres`, not one called like the user. */
export const toServerUrl = (url: string): string =>
  new URL(url).pathname.length > 1 ? url : withDatabase(url, 'postgres');

/** Makes the database where it is missing, and returns its URL. */
export async function provideDatabase(serverUrl: string, service: string): Promise<string> {
  if (!/^[a-z][a-z0-9_-]*$/.test(service))
    throw new InfraError(
      `${JSON.stringify(service)} cannot be the name of a service: use a-z, 0-9 and -, a letter first.`,
    );
  const name = `fieldguide_${service.replaceAll('-', '_')}`;
  await withClient(serverUrl, async (client) => {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) await create(client, name);
  });
  return withDatabase(serverUrl, name);
}

async function create(client: pg.Client, name: string): Promise<void> {
  try {
    await client.query(`create database ${name}`);
  } catch (error) {
    // Somebody else made it between the question and the answer.
    if (!['42P04', '23505'].includes((error as { code?: string }).code ?? '')) throw error;
  }
}

/** Somebody else's server: it answers, and its user may create databases. */
export async function externalPostgresAnswers(url: string): Promise<void> {
  const where = `${new URL(url).host} (DATABASE_URL)`;
  const mayCreate = await withClient(url, async (client) => {
    const sql = 'select rolcreatedb or rolsuper as may from pg_roles where rolname = current_user';
    return (await client.query<{ may: boolean }>(sql)).rows[0]?.may;
  }).catch((error: unknown) => {
    throw new InfraError(
      `No PostgreSQL answers at ${where}: ${firstLine(error)}; check DATABASE_URL, or unset it to start one here.`,
    );
  });
  if (!mayCreate) {
    const advice = "grant it (alter role … createdb), or name each service's database by <SERVICE>_DATABASE_URL";
    throw new InfraError(`The user of ${where} may not create databases: ${advice}.`);
  }
}
