import type { Target } from '../cells/cell.js';
import type { CellRuns } from './runs.js';
import { summaryOf } from './statistics.js';

export interface Verdict {
  readonly target: Target;
  /** The side's median, how many times the other side's it is, or how much more. Undefined where one was not measured. */
  readonly value: number | undefined;
  readonly met: boolean;
}

/** What became of each target of a cell. */
export function verdicts(runs: CellRuns): Verdict[] {
  return runs.cell.targets.map((target) => {
    const own = summaryOf(runs, target.side, target.metric)?.median;
    const other = target.versus === undefined ? 1 : leastOf(runs, target.metric, [target.versus].flat());
    if (own === undefined || other === undefined) return { target, value: undefined, met: false };
    const { atMost = Infinity, atLeast = -Infinity, atMostMore } = target;
    if (atMostMore !== undefined) return { target, value: own - other, met: own - other <= atMostMore };
    const value = own / other;
    return { target, value, met: value <= atMost && value >= atLeast };
  });
}

/** Undefined where one of the sides was not measured. */
function leastOf(runs: CellRuns, metric: string, sides: readonly string[]): number | undefined {
  const medians = sides.map((side) => summaryOf(runs, side, metric)?.median ?? NaN);
  const least = Math.min(...medians);
  return Number.isNaN(least) ? undefined : least;
}
