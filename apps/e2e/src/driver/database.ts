import { readCredentials } from '@fieldguide/infra';
import pg from 'pg';

/** Asks a service's own database: what it has stored and not said yet can be seen nowhere else. */
export async function query<Row extends object>(service: string, sql: string, values: unknown[]): Promise<Row[]> {
  const client = new pg.Client({ connectionString: readCredentials()?.databases[service], query_timeout: 10_000 });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}
