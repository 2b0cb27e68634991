import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { workspaceRoot } from '@fieldguide/infra';

export interface Outcome {
  readonly code: number;
  /** One for each line of `--json`. */
  readonly documents: readonly unknown[];
}

/** `npm run -s replay -- … --json`, as an operator types it. Rejects with the sentence where nothing was begun. */
export const replay = (...args: string[]): Promise<Outcome> => run('replay.js', args);

/** `npm run -s offsets -- … --json`: its documents. Rejects with the sentence where it is refused. */
export const offsets = async (...args: string[]): Promise<readonly unknown[]> =>
  (await run('offsets.js', args)).documents;

function run(program: string, args: readonly string[]): Promise<Outcome> {
  const file = join(workspaceRoot, 'tools/replicas/dist', program);
  const env = { ...process.env, NODE_OPTIONS: '' };
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [file, ...args, '--json'],
      { env, maxBuffer: 100_000_000 },
      (error, out, err) => {
        const documents = out.split('\n').filter(Boolean);
        if (error && documents.length === 0) reject(new Error(err, { cause: error }));
        else resolve({ code: child.exitCode ?? 1, documents: documents.map((line) => JSON.parse(line) as unknown) });
      },
    );
  });
}
