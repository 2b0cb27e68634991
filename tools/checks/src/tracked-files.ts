import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

/** Text files that git knows, or would take, by path from the root; without the lock, whose lines are npm's. */
export async function trackedFiles(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    maxBuffer: 10_000_000,
  });
  const skipped = /package-lock\.json$|\.(png|svg|ico)$/;
  return stdout.split('\n').filter((file) => file !== '' && !skipped.test(file) && existsSync(file));
}
