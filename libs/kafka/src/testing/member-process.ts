import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { brokers } from './brokers.js';
import { eventually } from './eventually.js';
import type { MemberOptions, MemberReport } from './member.js';
import type { Handled } from './things.js';

/** A process takes its time to start and to end where others need the machine, too. */
const PATIENCE_MS = 120_000;
const PROGRAM = join(import.meta.dirname, '../../dist/testing/member.js');

export interface MemberProcessOptions extends Omit<MemberOptions, 'settings'> {
  readonly replica: number;
  readonly settings?: Partial<MemberOptions['settings']>;
}

/** A replica in a process of its own, which can be killed and stopped for real. */
export class MemberProcess {
  /** All that it has handled, in order. */
  readonly handled: Handled[] = [];
  /** All that it has printed, and what of it went to stderr. */
  output = '';
  errors = '';
  #ready = false;

  private constructor(
    private readonly child: ChildProcess,
    readonly replica: number,
  ) {
    child.on('message', (report: MemberReport) => {
      if (report === 'ready') this.#ready = true;
      else this.handled.push({ replica, ...report });
    });
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
      this.errors += text;
    });
  }

  /** Resolves when it has joined its group. */
  static async start({ replica, settings, ...options }: MemberProcessOptions): Promise<MemberProcess> {
    const told: MemberOptions = { ...options, settings: { brokers: brokers(), replica, ...settings } };
    const child = spawn(process.execPath, ['--enable-source-maps', PROGRAM], {
      env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', MEMBER_OPTIONS: JSON.stringify(told) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const member = new MemberProcess(child, replica);
    try {
      await eventually(`member ${replica} is ready`, () => member.#ready || member.ended, PATIENCE_MS);
      if (member.ended) throw new Error(`Member ${replica} ended.`);
    } catch (cause) {
      await member.kill();
      throw new Error(`Member ${replica} did not start:\n${member.output}`, { cause });
    }
    return member;
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** SIGKILL. Resolves when all is heard of it. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** SIGTERM: it finishes what runs, commits and leaves. */
  async stop(): Promise<void> {
    const end = this.#end('SIGTERM');
    await eventually(`member ${this.replica} ends`, () => this.ended, PATIENCE_MS).catch(() => this.kill());
    await end;
  }

  /** SIGSTOP: it stands still as it is. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.ended) return;
    const silent = Promise.all([once(this.child, 'close'), once(this.child, 'disconnect')]);
    this.child.kill(signal);
    await silent;
  }
}
