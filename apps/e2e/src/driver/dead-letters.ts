import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workspaceRoot } from '@fieldguide/infra';

const PROGRAM = join(workspaceRoot, 'tools/replicas/dist/dead-letters.js');

/** `npm run -s dead-letters -- … --json`, as an operator of this home's shop types it: its documents. */
export async function deadLetters(...args: string[]): Promise<unknown[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...args, '--json'], {
    env: { ...process.env, NODE_OPTIONS: '' },
    maxBuffer: 100_000_000,
  });
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);
}
