import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { eventually } from '@fieldguide/kafka/testing';
import type { HandlingOptions } from './handling-replica.js';
import type { ReplicaOptions } from './replica.js';

const PATIENCE_MS = 120_000;
const PROGRAMS = join(import.meta.dirname, '../../dist/testing');

/** A replica that can be killed, frozen and stopped for real. */
export class ReplicaProcess {
  output = '';
  readonly #told: string[] = [];

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (message: string) => this.#told.push(message));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
  }

  /** One that writes notes. Resolves when it has started. */
  static start(options: ReplicaOptions): Promise<ReplicaProcess> {
    return ReplicaProcess.#start('replica', options);
  }

  /** One that handles things. Resolves when it has started. */
  static startHandling(options: HandlingOptions): Promise<ReplicaProcess> {
    return ReplicaProcess.#start('handling-replica', options);
  }

  static async #start(program: string, options: object): Promise<ReplicaProcess> {
    const child = spawn(process.execPath, ['--enable-source-maps', join(PROGRAMS, `${program}.js`)], {
      env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', REPLICA_OPTIONS: JSON.stringify(options) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const replica = new ReplicaProcess(child);
    await eventually('the replica is ready', () => replica.#told.includes('ready') || replica.ended, PATIENCE_MS);
    if (replica.ended) throw new Error(`The replica ended:\n${replica.output}`);
    return replica;
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  get relays(): boolean {
    return this.output.includes('Relays the events of this service');
  }

  /** Resolves when it is committed. */
  async write(note: string): Promise<void> {
    this.child.send(note);
    await eventually(`${note} is written`, () => this.#told.includes(`wrote ${note}`));
  }

  /** SIGKILL. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** SIGTERM. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
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
    const closed = once(this.child, 'close');
    this.child.kill(signal);
    await closed;
  }
}
