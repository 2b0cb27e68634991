import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { workspaceRoot } from '@fieldguide/infra';
import { eventually } from './eventually.js';

/** `npm start` in a home of its own, without a terminal: Nx, the shop, and infrastructure that is not the specs'. */
export class ServedShop {
  private readonly lines: string[] = [];
  /** Settles when Nx has ended. */
  readonly ended: Promise<unknown>;
  private readonly nx: ChildProcess;

  constructor(private readonly home: string) {
    const args = ['node_modules/.bin/nx', 'run', 'system:serve', '--excludeTaskDependencies'];
    const env = { ...withoutNx(process.env), FIELDGUIDE_HOME: home, NX_DAEMON: 'false' };
    this.nx = spawn(process.execPath, args, {
      cwd: workspaceRoot,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.ended = once(this.nx, 'exit');
    for (const stream of [this.nx.stdout, this.nx.stderr])
      if (stream) createInterface({ input: stream }).on('line', (line) => this.lines.push(line));
  }

  async opened(): Promise<void> {
    await eventually(
      'the shop is open',
      () => {
        if (this.nx.exitCode !== null) throw new Error(this.lines.join('\n'));
        return this.lines.some((line) => line.includes('The shop is open'));
      },
      120_000,
    );
  }

  /** What Ctrl-C does in a terminal (SIGINT): every process of the group gets it. */
  signal(name: NodeJS.Signals): void {
    if (this.nx.pid && this.nx.exitCode === null && this.nx.signalCode === null) process.kill(-this.nx.pid, name);
  }

  /** What the shop says; Nx does not pass on everything that it prints while it closes. */
  get log(): string[] {
    return readFileSync(join(this.home, 'log', 'supervisor.log'), 'utf8').split('\n');
  }
}

/** The run that this spec belongs to has an Nx and an infrastructure of its own; whether a broker is secured holds for both. */
function withoutNx(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const foreign =
    /^NX_|^NODE_OPTIONS$|^FIELDGUIDE_|^(KAFKA_(?!SECURED).*|DATABASE_URL|.*_DATABASE_URL|SMTP_URL|MAIL_URL)$/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !foreign.test(name)));
}
