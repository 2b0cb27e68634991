import { accessSync, constants, mkdirSync, readFileSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { choose } from '../choices.js';
import { home, workspaceRoot } from '../home.js';
import { firstLine } from '../infra-error.js';
import { livingKeeper } from '../keeper/registration.js';
import { recall } from '../infrastructure/memory.js';
import { holder, isFree } from '../machine/ports.js';
import { type Docker, findDocker, findJava, findMaven, OLDEST_JAVA, run } from '../machine/programs.js';
import { externalKafka, externalMail, externalPostgres } from '../parts/external.js';
import { haveJars, jarsFolder } from '../parts/kafka/kafka-jars.js';
import { postgresBinaries } from '../parts/postgres/postgres-binaries.js';
import { readSettings, type Settings } from '../settings.js';
import type { Choice } from '../system.js';
import { satisfies } from './node-version.js';

/** One thing that was looked at. `missing` is what the system cannot start without; `note` is worth knowing. */
export interface Check {
  readonly state: 'ok' | 'note' | 'missing';
  readonly text: string;
  /** The command, or the step, that cures it. */
  readonly cure?: string;
}

const ok = (text: string): Check => ({ state: 'ok', text });
const note = (text: string, cure?: string): Check => ({ state: 'note', text, ...(cure ? { cure } : {}) });
const missing = (text: string, cure: string): Check => ({ state: 'missing', text, cure });

const isMac = process.platform === 'darwin';
const install = (brew: string, apt: string): string => (isMac ? `brew install ${brew}` : `sudo apt-get install ${apt}`);

/** Everything that a start depends on. */
export async function examine(): Promise<Check[]> {
  const docker = await findDocker();
  const { settings, problem } = readOrProblem();
  const choices = chosen(settings, docker);
  return [
    node(),
    packages(),
    ...(problem ? [missing(problem, 'correct them in the environment or in .env')] : []),
    docker.version ? ok(`${docker.found}, with Compose`) : note(`${docker.found}: what is not named is run right here`),
    ...('problem' in choices
      ? [missing(choices.problem, 'start Docker, or unset INFRA')]
      : await parts(choices.all, settings)),
    ...(await ports()),
    ...folders(),
    keeper(),
  ];
}

function readOrProblem(): { settings: Settings; problem?: string } {
  try {
    return { settings: readSettings() };
  } catch (error) {
    return { settings: {}, problem: firstLine(error) };
  }
}

function chosen(settings: Settings, docker: Docker): { all: Choice[] } | { problem: string } {
  try {
    return { all: choose(settings, docker) };
  } catch (error) {
    return { problem: firstLine(error) };
  }
}

interface Manifest {
  engines?: { node?: string };
  packages?: Record<string, { version?: string; optional?: boolean; peer?: boolean; link?: boolean }>;
}
const read = (file: string): Manifest => JSON.parse(readFileSync(path.join(workspaceRoot, file), 'utf8')) as Manifest;

function node(): Check {
  const wanted = read('package.json').engines?.node ?? '*';
  if (satisfies(process.versions.node, wanted)) return ok(`Node.js ${process.versions.node}`);
  return missing(`Node.js ${process.versions.node} is here, ${wanted} is needed`, install('node@22', 'nodejs'));
}

/** What npm has installed, compared with the lock. Packages for other systems are left out by npm itself. */
function packages(): Check {
  try {
    const wanted = Object.entries(read('package-lock.json').packages ?? {}).filter(([name]) => name !== '');
    const there = read('node_modules/.package-lock.json').packages ?? {};
    const wrong = wanted.filter(([name, { version, optional, link }]) => {
      const found = there[name];
      return found ? !link && found.version !== version : !optional && !link && name.startsWith('node_modules/');
    });
    if (wrong.length === 0) return ok('npm packages are those of package-lock.json');
    const [name] = wrong[0] ?? [''];
    return missing(`${wrong.length} npm packages are not those of package-lock.json (${name})`, 'npm ci');
  } catch {
    return missing('npm packages are not installed', 'npm ci');
  }
}

async function parts(choices: Choice[], settings: Settings): Promise<Check[]> {
  const checks = await Promise.all(choices.map((choice) => part(choice, settings)));
  return checks.flat();
}

async function part({ part, provider, reason }: Choice, settings: Settings): Promise<Check[]> {
  const chosen = `${part}: ${provider}, because ${reason}`;
  if (provider === 'docker') return [ok(chosen)];
  if (provider === 'external') return [await external(chosen, part, settings)];
  if (part === 'kafka') return [ok(chosen), await java(), await maven()];
  return part === 'postgres' ? [ok(chosen), await postgres()] : [ok(chosen)];
}

async function external(chosen: string, part: Choice['part'], settings: Settings): Promise<Check> {
  const { kafka, postgres, mail } = settings;
  try {
    if (part === 'kafka' && kafka) await externalKafka(kafka).start();
    if (part === 'postgres' && postgres) await externalPostgres(postgres.url).start();
    if (part === 'mail' && mail) await externalMail(mail.smtpUrl, mail.pageUrl).start();
    return ok(`${chosen}, and it answers`);
  } catch (error) {
    return missing(firstLine(error), 'start it, or correct the setting');
  }
}

async function java(): Promise<Check> {
  const found = await findJava();
  const cure = install('openjdk@17', 'openjdk-17-jre-headless');
  if (!found) return missing(`Java ${OLDEST_JAVA} or newer is not here, Kafka needs it`, cure);
  if (found.version < OLDEST_JAVA)
    return missing(`Java ${found.version} is here, Kafka needs ${OLDEST_JAVA} or newer`, cure);
  return ok(`Java ${found.version}`);
}

async function maven(): Promise<Check> {
  if (haveJars()) return ok(`Kafka's jars are in ${jarsFolder()}`);
  const version = await findMaven();
  if (version) return ok(`Maven ${version}, which will fetch Kafka's jars`);
  return missing("Maven is not here, it fetches Kafka's jars", install('maven', 'maven'));
}

async function postgres(): Promise<Check> {
  try {
    const { ok: runs, output } = await run(path.join(postgresBinaries(), 'bin/postgres'), ['--version'], 10_000);
    if (runs) return ok(output);
    return missing(`PostgreSQL's programs do not run: ${firstLine(output)}`, 'npm ci');
  } catch (error) {
    return missing(firstLine(error), 'npm ci');
  }
}

async function ports(): Promise<Check[]> {
  if (livingKeeper(home())) return [];
  const usual: Record<string, number> = { kafka: 9092, postgres: 55_432, smtp: 1025, mail: 1080 };
  const wanted = Object.entries({ ...usual, ...recall().ports });
  const checks = wanted.map(async ([what, port]) =>
    (await isFree(port)) ? [] : [note(`port ${port} (${what}) is held by ${holder(port)}: a free one will be taken`)],
  );
  const taken = (await Promise.all(checks)).flat();
  return taken.length > 0 ? taken : [ok(`ports ${wanted.map(([, port]) => port).join(', ')} are free`)];
}

function folders(): Check[] {
  return [home(), path.dirname(jarsFolder())].map((folder) => {
    try {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
      const { bavail, bsize } = statfsSync(folder);
      const free = (bavail * bsize) / 1024 ** 3;
      if (free < 1) return note(`${folder} has ${free.toFixed(1)} GB left`, 'make room: logs and data need about 1 GB');
      return ok(`${folder} can be written`);
    } catch (error) {
      return missing(`${folder} cannot be written: ${firstLine(error)}`, `sudo chown -R "$(id -un)" ${folder}`);
    }
  });
}

function keeper(): Check {
  const known = livingKeeper(home());
  return known ? ok(`infrastructure of ${home()} is running (pid ${known.pid})`) : note(`nothing runs in ${home()}`);
}

export const problems = (checks: Check[]): Check[] => checks.filter(({ state }) => state === 'missing');
