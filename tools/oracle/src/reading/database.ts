import { readCredentials } from '@fieldguide/infra';
import pg from 'pg';
import { OracleError } from '../oracle-error.js';

const CONNECT_WITHIN_MS = 5_000;
const ANSWER_WITHIN_MS = 60_000;

/** A service's own database, which is asked and never changed. */
export class Database {
  private constructor(
    readonly service: string,
    private readonly client: pg.Client,
  ) {}

  static async open(service: string): Promise<Database> {
    const connectionString = readCredentials()?.databases[service];
    if (!connectionString) throw new OracleError(`There is no database of ${service} in credentials.json.`);
    const limits = { connectionTimeoutMillis: CONNECT_WITHIN_MS, query_timeout: ANSWER_WITHIN_MS };
    const client = new pg.Client({ connectionString, ...limits, application_name: 'oracle' });
    client.on('error', () => undefined); // the next question says it
    await client.connect().catch((cause: unknown) => {
      throw new OracleError(`The database of ${service} does not answer: is PostgreSQL up?`, { cause });
    });
    return new Database(service, client);
  }

  async rows<Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.client.query<Row>(sql, values)).rows;
  }

  async hasTable(name: string): Promise<boolean> {
    const [found] = await this.rows<{ there: boolean }>('select to_regclass($1) is not null as there', [name]);
    return found?.there === true;
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
