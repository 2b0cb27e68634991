import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Infra } from '@fieldguide/infra';

/** What sees to it that a process ends, even if we are killed. */
export type Lease = Pick<Infra, 'adopt' | 'disown'>;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ChildOptions {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  lease: Lease;
  /** Takes what it prints, line by line. */
  onLine: (line: string) => void;
}

/**
 * A process of ours. It leads a process group of its own: a Ctrl-C in the terminal reaches only us, who stop things in
 * order, and its own children end with it.
 */
export class Child {
  readonly pid: number;
  /** Settles when it has ended, and what it printed was read. */
  readonly ended: Promise<Exit>;
  private running = true;

  constructor({ command, args, env, cwd, lease, onLine }: ChildOptions) {
    const child = spawn(command, args, { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    child.on('error', (error) => onLine(`${command} could not be started: ${error.message}`));
    this.pid = child.pid ?? 0;
    if (this.pid) lease.adopt(this.pid);
    const output = Promise.all([eachLine(child.stdout, onLine), eachLine(child.stderr, onLine)]);
    this.ended = exitOf(child).then(async (exit) => {
      this.signal('SIGKILL'); // a child that it began after our signal had reached the group has missed it
      this.running = false;
      lease.disown(this.pid);
      // A grandchild can hold the pipes open: what it says is not waited for.
      await Promise.race([output, pause(500, undefined, { ref: false })]);
      return exit;
    });
  }

  /** Whether it was there to get the signal. */
  signal(name: NodeJS.Signals): boolean {
    if (!this.running || !this.pid) return false;
    try {
      process.kill(-this.pid, name);
      return true;
    } catch {
      return false;
    }
  }

  /** Asks it to end; kills it when it has not done so in time. */
  async end(withinMs: number): Promise<Exit> {
    if (this.signal('SIGTERM')) this.signal('SIGCONT'); // a paused process hears nothing until it goes on
    const late = setTimeout(() => this.signal('SIGKILL'), withinMs);
    return this.ended.finally(() => clearTimeout(late));
  }
}

export function describeExit({ code, signal }: Exit): string {
  return signal ? `signal ${signal}` : `exit code ${code}`;
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
}

function eachLine(stream: Readable, onLine: (line: string) => void): Promise<void> {
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  lines.on('line', onLine);
  return new Promise((resolve) => lines.once('close', resolve));
}
