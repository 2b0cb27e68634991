import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { home } from '../home.js';
import { firstLine, InfraError } from '../infra-error.js';
import { endLeftovers } from '../keeper/leftovers.js';
import { recall } from '../infrastructure/memory.js';
import { livingKeeper } from '../keeper/registration.js';
import { stopKeeper } from '../keeper/stop.js';
import { findDocker } from '../machine/programs.js';
import { deleteAsRoot, removeLeftovers } from '../parts/docker/docker-engine.js';
import { readSettings, type Settings } from '../settings.js';
import { services } from '../workspace.js';
import { dropDatabases, removeTopicsAndGroups } from './external-data.js';

/** All that a home holds. Named one by one: the folder may hold another home, or a person's own files. */
const CONTENTS = [
  'kafka',
  'postgres',
  'mail',
  'brokers',
  'payment-provider',
  'log',
  'claims',
  'system.json',
  'credentials.json',
  'memory.json',
  'processes.json',
  'keeper.json',
  'supervisor.json',
];
const FLAG = '--external-too';

type Say = (line: string) => void;

/** Forgets everything: stops what this home runs and deletes its data, and that of the homes within it that rest. */
export async function reset(args: string[]): Promise<number> {
  const say: Say = (line) => console.log(line);
  const unknown = args.find((arg) => arg !== FLAG);
  if (unknown) throw new InfraError(`reset knows no ${JSON.stringify(unknown)}: it takes ${FLAG}, or nothing.`);
  const settings = readSettings();
  if (!args.includes(FLAG)) refuseExternal(settings);
  if (await stopKeeper(home())) say('infrastructure stopped');
  await forget(say);
  for (const folder of homesIn(home())) await forgetInner(folder, say);
  if (settings.kafka) await removeTopicsAndGroups(settings.kafka, say);
  if (settings.postgres) await dropDatabases(settings.postgres.url, say);
  return 0;
}

async function forget(say: Say): Promise<void> {
  await endLeftovers(say);
  const { postgresFolder } = recall();
  // The folder above it has a name made for this home alone.
  if (postgresFolder) rmSync(path.dirname(postgresFolder), { recursive: true, force: true });
  for (const name of CONTENTS) rmSync(path.join(home(), name), { recursive: true, force: true });
  await forgetContainers(say);
  say(`data in ${home()} deleted`);
}

/** Such as the one of `npm test`: it may be running while somebody resets the shop. */
async function forgetInner(folder: string, say: Say): Promise<void> {
  if (livingKeeper(folder)) return say(`${folder} is left as it is: its infrastructure runs`);
  const outer = home();
  process.env['FIELDGUIDE_HOME'] = folder;
  try {
    await forget(say);
    for (const inner of homesIn(folder)) await forgetInner(inner, say);
    if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
  } finally {
    process.env['FIELDGUIDE_HOME'] = outer;
  }
}

function homesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return inner
    .filter(({ name }) => name !== 'docker' && !CONTENTS.includes(name))
    .map(({ name }) => path.join(folder, name))
    .filter((inside) => ['memory.json', 'processes.json', 'log'].some((name) => existsSync(path.join(inside, name))));
}

function refuseExternal({ kafka, postgres }: Settings): void {
  const theirs = [...(kafka ? ['KAFKA_BROKERS'] : []), ...(postgres ? ['DATABASE_URL'] : [])];
  if (theirs.length === 0) return;
  const what = `the topics, groups and databases of ${services().join(', ')} there`;
  throw new InfraError(
    `${theirs.join(' and ')} set: nothing was touched. ${FLAG} deletes ${what} too; unset them to reset what runs here.`,
  );
}

/** What containers wrote belongs to users of theirs: without Docker, only root may delete it. */
async function forgetContainers(say: Say): Promise<void> {
  const folder = path.join(home(), 'docker');
  if (!existsSync(folder)) return;
  const { version, found } = await findDocker();
  if (version) {
    await removeLeftovers(say);
    await deleteAsRoot(path.join(folder, 'data'));
  }
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    const reason = `${firstLine(error)}, and ${found}`;
    throw new InfraError(`${folder} holds what containers wrote (${reason}): start Docker and reset again.`);
  }
}
