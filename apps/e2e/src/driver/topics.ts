import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workspaceRoot } from '@fieldguide/infra';
import { shopVariables } from '@fieldguide/replicas';

const SCRIPT = join(workspaceRoot, 'tools/replicas/dist/topics.js');
const PROGRAM = join(workspaceRoot, 'libs/kafka/dist/retention-and-scaling/cli.js');

/** What an operator sees. */
export interface Shown {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** `npm run -s topics -- …`, and the program behind it, which is given what the services print with `--topology`. */
export class Topics {
  private readonly folder = mkdtempSync(join(tmpdir(), 'topologies-'));
  private readonly topologies: string[] = [];

  static async open(): Promise<Topics> {
    const topics = new Topics();
    await Promise.all(
      ['orders', 'billing', 'notifications'].map(async (service) => {
        const { out } = await topics.execute(join(workspaceRoot, `apps/${service}/dist/main.js`), '--topology');
        const file = join(topics.folder, `${service}.json`);
        writeFileSync(file, out);
        topics.topologies.push('--topology', file);
      }),
    );
    return topics;
  }

  script(...args: string[]): Promise<Shown> {
    return this.execute(SCRIPT, ...args);
  }

  run(...args: string[]): Promise<Shown> {
    return this.execute(PROGRAM, ...args, ...this.topologies);
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private execute(program: string, ...args: string[]): Promise<Shown> {
    const env = { ...process.env, NODE_OPTIONS: '', ...shopVariables() };
    return new Promise((resolve) => {
      execFile(process.execPath, [program, ...args], { env, maxBuffer: 10_000_000 }, (failure, out, error) => {
        resolve({ code: Number(failure?.code ?? 0), out, error });
      });
    });
  }
}
