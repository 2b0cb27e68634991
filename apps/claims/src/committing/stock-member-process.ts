import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { StockMemberOptions, StockMemberReport } from './stock-member.js';

const PROGRAM = join(import.meta.dirname, '../../dist/committing/stock-member.js');

/** A replica on stock NestJS that can be killed for real. */
export class StockMemberProcess {
  /** What its handler has ended with, in order. */
  readonly handled: string[] = [];
  /** What its handler is stuck on. */
  begun: string | undefined;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (report: StockMemberReport) => {
      if ('begun' in report) this.begun = report.begun;
      else this.handled.push(report.handled);
    });
  }

  static start(options: StockMemberOptions): StockMemberProcess {
    const env = { ...process.env, NODE_OPTIONS: '', STOCK_MEMBER_OPTIONS: JSON.stringify(options) };
    return new StockMemberProcess(
      spawn(process.execPath, [PROGRAM], { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
    );
  }

  /** SIGKILL. Resolves when all is heard of it. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const silent = Promise.all([once(this.child, 'close'), once(this.child, 'disconnect')]);
    this.child.kill('SIGKILL');
    await silent;
  }
}
