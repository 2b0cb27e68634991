import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { workspaceRoot } from '../../home.js';
import { firstLine, InfraError } from '../../infra-error.js';
import { findMaven, type Java } from '../../machine/programs.js';
import { logFile, OwnedProcess } from '../../machine/owned-process.js';
import { identify } from '../../machine/processes.js';
import { within } from '../../machine/until.js';

const POM = path.join(workspaceRoot, 'docker/kafka/pom.xml');
const DOWNLOAD_DEADLINE_MS = 15 * 60_000;

export const kafkaVersion = (): string =>
  /<kafka.version>(.+)<\/kafka.version>/.exec(readFileSync(POM, 'utf8'))?.[1] ?? '';

/** Shared by all clones of this user, and made anew when the pom changes. */
export function jarsFolder(): string {
  const cache = process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache');
  const key = createHash('sha256').update(readFileSync(POM)).digest('hex').slice(0, 12);
  return path.join(cache, 'nestjs-kafka-field-guide', `kafka-${kafkaVersion()}-${key}`);
}

/** A folder has its name only when it is complete. */
export const haveJars = (): boolean => existsSync(path.join(jarsFolder(), 'complete'));

/** Where the classes that a broker loaded are kept in a form that the next one only has to map. */
export const classArchive = (java: Java): string =>
  path.join(jarsFolder(), `classes-java-${java.version}-${java.build}.jsa`);

export const MAVEN_ADVICE =
  'install Maven (macOS: brew install maven; Debian and Ubuntu: sudo apt-get install maven), or start Docker, or point KAFKA_BROKERS at a broker';

/** Fetches the broker's jars where they are missing. */
export async function provideJars(say: (line: string) => void): Promise<string> {
  const folder = jarsFolder();
  if (haveJars()) return folder;
  if (!(await findMaven()))
    throw new InfraError(`Apache Kafka's jars are fetched by Maven, which is missing: ${MAVEN_ADVICE}.`);
  say(`kafka: fetching Apache Kafka ${kafkaVersion()} from Maven Central into ${folder} (55 MB, this once)`);
  const draft = `${folder}.${process.pid}.draft`;
  try {
    removeOldDrafts(path.dirname(folder));
    mkdirSync(draft, { recursive: true });
    await fetchJars(path.join(draft, 'libs'));
    writeFileSync(path.join(draft, 'complete'), '');
    // Another home may have fetched them at the same time.
    if (!haveJars()) {
      rmSync(folder, { recursive: true, force: true });
      renameSync(draft, folder);
    }
  } catch (error) {
    if (error instanceof InfraError || haveJars()) throw error;
    throw new InfraError(
      `${folder} could not be written: ${firstLine(error)}; set XDG_CACHE_HOME to a folder that can.`,
    );
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

async function fetchJars(folder: string): Promise<void> {
  const args = [
    '-q',
    '-B',
    '-f',
    POM,
    'dependency:copy-dependencies',
    '-DincludeScope=runtime',
    `-DoutputDirectory=${folder}`,
  ];
  const maven = await OwnedProcess.start({ name: 'maven', command: 'mvn', args });
  try {
    await within('Fetching Apache Kafka by Maven', DOWNLOAD_DEADLINE_MS, maven.ended);
  } finally {
    await maven.stop('SIGTERM', 2_000);
  }
  if (maven.end !== 'exit code 0')
    throw new InfraError(`Maven could not fetch Apache Kafka's jars (${maven.end}): see ${logFile('maven')}.`);
}

function removeOldDrafts(cache: string): void {
  if (!existsSync(cache)) return;
  for (const name of readdirSync(cache)) {
    const [, pid] = /\.(\d+)\.draft$/.exec(name) ?? [];
    if (pid && !identify(Number(pid))) rmSync(path.join(cache, name), { recursive: true, force: true });
  }
}
