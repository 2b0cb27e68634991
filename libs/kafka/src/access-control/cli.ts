#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { SettingsError } from '../errors.js';
import { deriveAccess, missingServices } from './access.js';
import { readTopologies } from './read-topologies.js';
import { accessTable, aclCommands } from './written.js';

/** `fieldguide-acls`: the least rights of each service on the broker. */
const USAGE = `The least rights of each service on the broker, from what all services print with --topology.

  fieldguide-acls orders.json billing.json …     "-" reads standard input; a file holds one topology, or a list of them

  --production              services create no topics
  --user orders=svc-orders  the broker's user of a service, where it is not called so; may be given more than once
  --json                    a JSON document
  --commands                lines for a shell: kafka-acls.sh, with its connection in $KAFKA_ACLS_OPTIONS
  default                   a table for people`;

const OPTIONS = {
  production: { type: 'boolean' },
  user: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  commands: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

try {
  process.stdout.write(`${answer(process.argv.slice(2))}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}

function answer(args: string[]): string {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  if (values.help || positionals.length === 0) return USAGE;
  const topologies = readTopologies(positionals);
  const users = usersFrom(values.user ?? []);
  const access = deriveAccess(topologies, {
    production: values.production ?? false,
    userOf: (service) => users.get(service) ?? service,
  });
  for (const service of missingServices(topologies))
    process.stderr.write(`${service} is not among them: what it may do is left out, its answers to the others too.\n`);
  if (values.json) return JSON.stringify(access, null, 2);
  return (values.commands ? aclCommands(access) : accessTable(access)).join('\n');
}

function usersFrom(given: readonly string[]): Map<string, string> {
  return new Map(
    given.map((text) => {
      const [, service, user] = /^([^=]+)=(.+)$/.exec(text) ?? [];
      if (!service || !user) throw new SettingsError(`--user is "${text}": <service>=<user> is needed.`);
      return [service, user];
    }),
  );
}
