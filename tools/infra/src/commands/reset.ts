import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { home } from '../home.js';
import { InfraError } from '../infra-error.js';
import { endLeftovers } from '../keeper/leftovers.js';
import { recall } from '../keeper/memory.js';
import { stopKeeper } from '../keeper/stop.js';
import { findDocker } from '../machine/programs.js';
import { deleteAsRoot, removeLeftovers } from '../parts/docker-engine.js';
import { readSettings, type Settings } from '../settings.js';
import { dropDatabases, removeTopicsAndGroups, services } from './external-data.js';

/** All that a home holds. Named one by one: the folder may hold another home, or a person's own files. */
const CONTENTS = [
  'kafka',
  'postgres',
  'mail',
  'docker',
  'brokers',
  'payment-provider',
  'log',
  'system.json',
  'credentials.json',
  'memory.json',
  'processes.json',
  'keeper.json',
  'supervisor.json',
];
const FLAG = '--external-too';

/** Forgets everything: stops what this home runs and deletes its data. */
export async function reset(args: string[]): Promise<number> {
  const unknown = args.find((arg) => arg !== FLAG);
  if (unknown) throw new InfraError(`reset knows no ${JSON.stringify(unknown)}: it takes ${FLAG}, or nothing.`);
  const settings = readSettings();
  if (!args.includes(FLAG)) refuseExternal(settings);
  if (await stopKeeper(home())) console.log('infrastructure stopped');
  await endLeftovers((line) => console.log(line));
  await forgetContainers();
  forget();
  console.log(`data in ${home()} deleted`);
  if (settings.kafka) await removeTopicsAndGroups(settings.kafka, (line) => console.log(line));
  if (settings.postgres) await dropDatabases(settings.postgres.url, (line) => console.log(line));
  return 0;
}

function refuseExternal({ kafka, postgres }: Settings): void {
  const theirs = [...(kafka ? ['KAFKA_BROKERS'] : []), ...(postgres ? ['DATABASE_URL'] : [])];
  if (theirs.length === 0) return;
  const what = `the topics, groups and databases of ${services().join(', ')} there`;
  throw new InfraError(
    `${theirs.join(' and ')} set: nothing was touched. ${FLAG} deletes ${what} too; unset them to reset what runs here.`,
  );
}

async function forgetContainers(): Promise<void> {
  const folder = path.join(home(), 'docker');
  if (!existsSync(folder)) return;
  const { version, found } = await findDocker();
  if (!version)
    throw new InfraError(`${folder} holds what containers wrote, but ${found}: start Docker and say it again.`);
  await removeLeftovers((line) => console.log(line));
  await deleteAsRoot(path.join(folder, 'data'));
}

function forget(): void {
  const { postgresFolder } = recall();
  // The folder above it has a name made for this home alone.
  if (postgresFolder) rmSync(path.dirname(postgresFolder), { recursive: true, force: true });
  for (const name of CONTENTS) rmSync(path.join(home(), name), { recursive: true, force: true });
}
