#!/usr/bin/env node
import { readCredentials } from '@fieldguide/infra';
import { parseArgs } from 'node:util';
import { explain, ShopError } from './shop-error.js';

/** `npm run -s outbox -- …`: the library's own program, told where a service of this shop has its database. */
const PROGRAM = new URL('../../../libs/outbox/dist/outbox/cli.js', import.meta.url);

try {
  // The rest is for the program to judge.
  const { values, tokens } = parseArgs({ options: { service: { type: 'string' } }, strict: false, tokens: true });
  const { service } = values;
  if (typeof service === 'string') {
    process.env['DATABASE_URL'] = databaseOf(service);
    const given = tokens.find((token) => token.kind === 'option' && token.name === 'service');
    if (given) process.argv.splice(given.index + 2, given.kind === 'option' && given.inlineValue ? 1 : 2);
  }
  await import(PROGRAM.href);
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}

function databaseOf(service: string): string {
  const databases = readCredentials()?.databases ?? {};
  const url = databases[service];
  if (url) return url;
  const known = Object.keys(databases).join(', ');
  throw new ShopError(known ? `--service ${service}: one of ${known} is needed.` : 'No shop has run here: npm start');
}
