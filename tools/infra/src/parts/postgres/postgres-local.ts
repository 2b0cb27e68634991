import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { InfraError } from '../../infra-error.js';
import type { DatabaseExtent } from '../../infrastructure/prepare.js';
import { OwnedProcess } from '../../machine/owned-process.js';
import { onCore, run } from '../../machine/programs.js';
import { end, identify } from '../../machine/processes.js';
import { until } from '../../machine/until.js';
import type { Postgres } from '../part.js';
import { postgresBinaries } from './postgres-binaries.js';
import { selectOne } from './postgres-client.js';
import { dataFolder, nobody, reachableBinaries, type User } from './postgres-places.js';

const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 4_000;

/** Real PostgreSQL from npm, as a process of its own. Its data outlives it. */
export class LocalPostgres implements Postgres {
  private process: OwnedProcess | undefined;
  private password = '';

  constructor(
    private readonly port: number,
    private readonly extent?: DatabaseExtent,
  ) {}

  get serverUrl(): string {
    return `postgresql://postgres:${this.password}@127.0.0.1:${this.port}/postgres`;
  }

  get ended(): Promise<string> {
    return this.process?.ended ?? Promise.resolve('never started');
  }

  async start(): Promise<void> {
    const user = process.getuid?.() === 0 ? nobody() : undefined;
    const folder = dataFolder(user);
    const binaries = user ? reachableBinaries(user, folder) : postgresBinaries();
    this.password = passwordIn(folder);
    await endStray(path.join(folder, 'data'));
    if (!existsSync(path.join(folder, 'data', 'PG_VERSION'))) await initialise(binaries, folder, this.password, user);
    const args = ['-D', path.join(folder, 'data'), ...settings(this.port, this.extent?.durable)];
    this.process = await OwnedProcess.start({
      name: 'postgres',
      ...(await onCore(this.extent?.core, path.join(binaries, 'bin/postgres'), args)),
      env: { ...process.env, LC_ALL: 'C' },
      cwd: folder,
      ...(user ? { user } : {}),
    });
    const server = `PostgreSQL at 127.0.0.1:${this.port}`;
    await until(server, READY_WITHIN_MS, () => selectOne(this.serverUrl), this.process);
  }

  /** SIGINT is PostgreSQL's fast shutdown: clients are sent away, what they committed stays. */
  async stop(): Promise<void> {
    await this.process?.stop('SIGINT', STOP_WITHIN_MS);
  }
}

function settings(port: number, durable = false): string[] {
  const values = [
    'unix_socket_directories=',
    'max_connections=200',
    // Only a crash of the whole machine could lose something, and it is development's and tests' data that it would lose.
    ...(durable ? [] : ['fsync=off']),
    'timezone=UTC',
    'log_timezone=UTC',
  ];
  return ['-p', String(port), '-h', '127.0.0.1', ...values.flatMap((value) => ['-c', value])];
}

async function initialise(binaries: string, folder: string, password: string, user: User | undefined): Promise<void> {
  const draft = path.join(folder, 'draft');
  const passwordFile = path.join(folder, 'password.draft');
  rmSync(draft, { recursive: true, force: true });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  try {
    if (user) chownSync(passwordFile, user.uid, user.gid);
    const args = ['-D', draft, '-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', passwordFile];
    const options = ['-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'];
    const { ok, output } = await run(path.join(binaries, 'bin/initdb'), [...args, ...options], 60_000, {
      cwd: folder,
      ...user,
    });
    if (!ok) throw new InfraError(`PostgreSQL's data in ${folder} could not be set up: ${failureIn(output)}`);
    // It has its name only when it is complete: one that was killed is set up again.
    rmSync(path.join(folder, 'data'), { recursive: true, force: true });
    renameSync(draft, path.join(folder, 'data'));
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

const failureIn = (output: string): string =>
  output.split('\n').find((line) => /error|fatal|could not/i.test(line)) ?? output.trim().split('\n').at(-1) ?? '';

/** Made once, and kept beside the data that knows it. */
function passwordIn(folder: string): string {
  const file = path.join(folder, 'password');
  if (existsSync(file) && existsSync(path.join(folder, 'data', 'PG_VERSION'))) return readFileSync(file, 'utf8');
  const password = randomBytes(18).toString('base64url');
  writeFileSync(file, password, { mode: 0o600 });
  return password;
}

/** A server that nobody wrote down, on exactly this data: left by a keeper that was killed while it started it. */
async function endStray(data: string): Promise<void> {
  const pidFile = path.join(data, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const [pid, folder] = readFileSync(pidFile, 'utf8').split('\n');
  const known = identify(Number(pid));
  if (known && folder === data && commandHolds(known.pid, data)) await end(known, 'SIGINT', STOP_WITHIN_MS);
}

function commandHolds(pid: number, text: string): boolean {
  try {
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).includes(text);
  } catch {
    return false;
  }
}
