import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { home, inHome } from '../home.js';
import { InfraError } from '../infra-error.js';
import { Ledger } from './ledger.js';
import { end, freeze, identify, type ProcessId, signal } from './processes.js';

export interface Command {
  readonly name: string;
  readonly command: string;
  readonly args: string[];
  readonly env?: Record<string, string | undefined>;
  readonly cwd?: string;
  readonly user?: { uid: number; gid: number };
}

/** All that run now. */
export const running = new Set<OwnedProcess>();

/** A process of this home. It is written down, so that the next start finds it if nobody could stop it. */
export class OwnedProcess {
  /** Settles when the process has ended, with how: `exit code 1`, `SIGKILL`. */
  readonly ended: Promise<string>;
  private outcome: string | undefined;

  private constructor(
    readonly name: string,
    private readonly known: ProcessId,
    child: ChildProcess,
  ) {
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, by) => {
        this.outcome = by ?? `exit code ${code}`;
        running.delete(this);
        new Ledger(home()).strike(known);
        resolve(this.outcome);
      });
    });
  }

  /** Its output goes to `log/<name>.log` of the home. */
  static async start({ name, command, args, env, cwd, user }: Command): Promise<OwnedProcess> {
    const log = openLog(name);
    const child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', log, log],
      ...(env ? { env } : {}),
      ...(cwd ? { cwd } : {}),
      ...user,
    });
    closeSync(log);
    const { pid } = child;
    if (pid === undefined) {
      const error = await new Promise<Error>((resolve) => child.once('error', resolve));
      throw new InfraError(`${name} could not be started: ${error.message}.`);
    }
    child.on('error', () => undefined);
    const known = identify(pid) ?? { pid, began: '', leads: true };
    new Ledger(home()).add(name, known);
    const process = new OwnedProcess(name, known, child);
    running.add(process);
    return process;
  }

  get pid(): number {
    return this.known.pid;
  }

  /** How it ended; undefined while it runs. */
  get end(): string | undefined {
    return this.outcome;
  }

  /** Resolves when it stands still. */
  freeze(): Promise<void> {
    return freeze(this.known);
  }

  signal(name: NodeJS.Signals): void {
    signal(this.known, name);
  }

  async stop(ask: NodeJS.Signals, withinMs: number): Promise<void> {
    if (this.outcome === undefined) await end(this.known, ask, withinMs);
    await this.ended;
  }
}

/** The last lines of what a process said. */
export function lastLines(name: string, count: number): string[] {
  try {
    const lines = readFileSync(logFile(name), 'utf8').trimEnd().split('\n');
    return lines.slice(-count);
  } catch {
    return [];
  }
}

export const logFile = (name: string): string => inHome('log', `${name}.log`);

const LARGEST_LOG = 10 * 1024 * 1024;

export function openLog(name: string): number {
  const file = logFile(name);
  try {
    if (statSync(file).size > LARGEST_LOG) renameSync(file, `${file}.1`);
  } catch {
    // There is none yet.
  }
  return openSync(file, 'a');
}
