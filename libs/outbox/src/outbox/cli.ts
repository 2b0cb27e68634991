#!/usr/bin/env node
import { SettingsError } from '@fieldguide/kafka';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { runOutbox } from './commands.js';

/** `fieldguide-outbox`: what operators do with events that were set aside. */
const OPTIONS = {
  database: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  let client: pg.Client | undefined;
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    return await runOutbox({
      command: values.help ? 'help' : (positionals[0] ?? 'help'),
      positions: positionals.slice(1),
      json: values.json ?? false,
      connect: async () => (client = await connect(values.database ?? process.env['DATABASE_URL'])),
      out: (line) => process.stdout.write(`${line}\n`),
    });
  } catch (error) {
    const { code = '', message } = error as { code?: string; message: string };
    process.stderr.write(`${message}\n`);
    return code === 'KAFKA_SETTINGS' || code.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
  } finally {
    await client?.end();
  }
}

async function connect(connectionString: string | undefined): Promise<pg.Client> {
  if (!connectionString) throw new SettingsError('DATABASE_URL is missing: the outbox of which database?');
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000, query_timeout: 20_000 });
  const { host, port, database } = client;
  try {
    await client.connect();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    throw new Error(`The database ${database ?? ''} at ${host}:${port} does not answer: ${message || code}`, {
      cause: error,
    });
  }
  const { rows } = await client.query<{ there: boolean }>(`select to_regclass('outbox') is not null as there`);
  if (!rows[0]?.there) {
    await client.end();
    throw new Error(`The database ${database ?? ''} has no table outbox.`);
  }
  return client;
}
