import { readdirSync, readFileSync } from 'node:fs';
import type { Check } from './check.js';

const TABLES = [
  { sql: 'libs/outbox/sql/outbox.sql', services: ['orders', 'billing'] },
  { sql: 'libs/outbox/sql/inbox.sql', services: ['orders', 'billing', 'notifications', 'analytics'] },
];

/** The tables of the library stand in the services' own migrations as the library has them. */
export function checkOutboxTables(): Check[] {
  const contradictions = TABLES.flatMap(({ sql, services }) => {
    const text = readFileSync(sql, 'utf8');
    return services
      .filter((service) => !migrationsOf(service).includes(text))
      .map((service) => `no migration of ${service} has ${sql} in it, as it is`);
  });
  return [{ says: 'the migrations of the services hold the tables of outbox and inbox', contradictions }];
}

function migrationsOf(service: string): string {
  const folder = `apps/${service}/migrations`;
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'));
  return files.map((file) => readFileSync(`${folder}/${file}`, 'utf8')).join('\n');
}
