import { parseArgs } from 'node:util';
import { OracleError } from './oracle-error.js';

export const USAGE = `npm run check-shop [-- options]: has the running shop kept its word?

  --since <time>      judge orders that were placed since then, such as 2026-11-26T02:00:00Z
  --wait <seconds>    how long the shop may take to settle (default: 90)
  --json              the report as JSON (with npm run -s)

Exit code: 0 it has, 1 it has not, 2 something is under way or can not be asked.`;

export interface Options {
  readonly help: boolean;
  readonly json: boolean;
  readonly waitMs: number;
  readonly since?: Date;
}

/** @throws OracleError with a sentence where something is wrong with them */
export function options(args: readonly string[]): Options {
  const { help = false, json = false, since, wait = '90' } = values(args);
  const seconds = Number(wait);
  if (wait.trim() === '' || !(seconds >= 0 && seconds <= 3_600))
    throw new OracleError(`--wait is "${wait}": seconds from 0 to 3600 are needed.`);
  const from = since === undefined ? undefined : new Date(since);
  if (from && Number.isNaN(from.getTime()))
    throw new OracleError(`--since is "${since ?? ''}": a time is needed, such as 2026-11-26T02:00:00Z.`);
  return { help, json, waitMs: seconds * 1_000, ...(from && { since: from }) };
}

function values(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h' },
        json: { type: 'boolean' },
        since: { type: 'string' },
        wait: { type: 'string' },
      },
    }).values;
  } catch (cause) {
    throw new OracleError(`${(cause as Error).message.split('\n')[0] ?? ''}\n\n${USAGE}`, { cause });
  }
}
