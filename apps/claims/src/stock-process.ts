import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Stage } from './stage.js';

/** Built, as a process runs it. */
const MAIN = path.join(import.meta.dirname, '../dist/stock-process.main.js');

/** A service on stock NestJS in a process of its own, which can be killed. It says a line for each thing that it does. */
export class StockProcess {
  readonly said: string[] = [];
  readonly #process: ChildProcess;

  /** Killed after the specs, where it is still there. */
  constructor(stage: Stage, topic: string, env: Record<string, string> = {}) {
    const given = { KAFKA_BROKERS: stage.broker.brokers.join(','), TOPIC: topic, ...env };
    this.#process = spawn(process.execPath, [MAIN], {
      env: { ...process.env, NODE_OPTIONS: '', ...given },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (this.#process.stdout) createInterface(this.#process.stdout).on('line', (line) => this.said.push(line));
    stage.afterwards(() => this.end('SIGKILL'));
  }

  /** Resolves when it is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) return;
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill(signal);
    await gone;
  }
}
