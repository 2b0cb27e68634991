import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

export interface Outcome {
  readonly ok: boolean;
  readonly output: string;
  /** There is no such program. */
  readonly missing: boolean;
}

/** Runs a program to its end, or to the deadline. Never throws. */
export function run(
  command: string,
  args: string[],
  withinMs: number,
  { input, ...as }: { cwd?: string; uid?: number; gid?: number; input?: string } = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { timeout: withinMs, killSignal: 'SIGKILL' as const, maxBuffer: 16 * 1024 * 1024, ...as };
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      const missing = error?.code === 'ENOENT';
      resolve({ ok: !error, output: `${stdout}${stderr}`.trim(), missing });
    });
    if (input === undefined) return;
    child.stdin?.on('error', () => undefined); // it did not read to the end: its exit code says why
    child.stdin?.end(input);
  });
}

/** The same command on one core only. Without `taskset` (which only Linux has), or such a core, it stays as it is. */
export async function onCore(
  core: number | undefined,
  command: string,
  args: string[],
): Promise<{ command: string; args: string[] }> {
  if (core === undefined) return { command, args };
  const pinned = ['--cpu-list', String(core), command];
  // It becomes the command: the process that is started is the one that is asked to stop.
  const { ok } = await run('taskset', ['--cpu-list', String(core), 'true'], 5_000);
  return ok ? { command: 'taskset', args: [...pinned, ...args] } : { command, args };
}

/** A Java that can run the broker. */
export interface Java {
  readonly command: string;
  readonly version: number;
  /** Another for each build: what one has prepared is of no use to another. */
  readonly build: string;
}

export const OLDEST_JAVA = 17;

/** `$JAVA_HOME`, else the one on the path; undefined where there is none. */
export async function findJava(): Promise<Java | undefined> {
  const home = process.env['JAVA_HOME'];
  const command = home && isExecutable(path.join(home, 'bin/java')) ? path.join(home, 'bin/java') : 'java';
  const { ok, output } = await run(command, ['-version'], 20_000);
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(output) ?? [];
  if (!ok || first === undefined) return undefined;
  const build = createHash('sha256').update(output).digest('hex').slice(0, 8);
  return { command, version: Number(first === '1' ? second : first), build };
}

/** Maven's version; undefined where there is none. */
export async function findMaven(): Promise<string | undefined> {
  const { ok, output } = await run('mvn', ['--version', '--batch-mode'], 20_000);
  return ok ? (/Apache Maven (\S+)/.exec(output)?.[1] ?? 'unknown') : undefined;
}

/** What is there of Docker. `version` is set when an engine answers and Compose is there. */
export interface Docker {
  readonly version?: string;
  /** What was found, as part of a sentence. */
  readonly found: string;
}

/** `docker info` and `docker version` print text without an engine too: the exit code and the server's version decide. */
export async function findDocker(): Promise<Docker> {
  const remote = remoteEngine(process.env['DOCKER_HOST']);
  if (remote) return { found: `the Docker engine is on another machine (${remote})` };
  const engine = await run('docker', ['version', '--format', '{{.Server.Version}}'], 5_000);
  if (engine.missing) return { found: 'there is no Docker' };
  const version = engine.output.split('\n', 1)[0]?.trim();
  if (!engine.ok || !version) return { found: 'a Docker client is there but no engine answers' };
  const compose = await run('docker', ['compose', 'version'], 5_000);
  if (!compose.ok) return { found: `Docker engine ${version} answers but its compose plugin is missing` };
  return { version, found: `Docker engine ${version} answers` };
}

/** Ports are published on the engine's loopback: an engine elsewhere is of no use. */
function remoteEngine(host: string | undefined): string | undefined {
  if (!host || !URL.canParse(host)) return undefined;
  const { protocol, hostname } = new URL(host);
  const isLocal = ['unix:', 'npipe:'].includes(protocol) || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return isLocal ? undefined : hostname || host;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
