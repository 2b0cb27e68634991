import { spawnSync } from 'node:child_process';
import type { Cell } from '../cells/cell.js';
import { isInstalled, OPPONENTS } from '../measured/platformatic/client.js';

/** Fetches the opponents that are no dependency of the workspace; without them, their sides are left out. */
export function availableOpponents(cells: readonly Cell[], fetch: boolean, say: (line: string) => void): Cell[] {
  const wanted = cells.some(({ sides }) => sides.some(isForeign));
  if (wanted && fetch && !isInstalled()) {
    say('@platformatic/kafka is being fetched …');
    spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: OPPONENTS, stdio: 'inherit' });
  }
  if (!wanted || isInstalled()) return [...cells];
  say('@platformatic/kafka is not there: its sides are left out.');
  return cells.map((cell) => ({ ...cell, sides: cell.sides.filter((side) => !isForeign(side)) }));
}

const isForeign = ({ program }: { readonly program: string }): boolean => program.startsWith('platformatic/');
