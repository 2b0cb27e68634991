import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { workspaceRoot } from '@fieldguide/infra';
import type { Report } from '@fieldguide/oracle';

const PROGRAM = join(workspaceRoot, 'tools/oracle/dist/cli.js');

/** `npm run check-shop -- …`, as a person types it. */
export function checkShop(args: string[], env: Record<string, string> = {}): Promise<{ code: number; said: string }> {
  const options = { env: { ...process.env, NODE_OPTIONS: '', ...env }, maxBuffer: 100_000_000 };
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], options, (failure, out, error) => {
      resolve({ code: Number(failure?.code ?? 0), said: out + error });
    });
  });
}

/** The report on all orders since a time. */
export async function reportSince(since: Date, ...args: string[]): Promise<Report & { code: number }> {
  const { code, said } = await checkShop(['--json', '--since', since.toISOString(), ...args]);
  return { code, ...(JSON.parse(said) as Report) };
}
