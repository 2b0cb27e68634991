import type { Target } from '../cells/cell.js';
import type { CellRuns } from './runs.js';
import { summaryOf } from './statistics.js';

export interface Verdict {
  readonly target: Target;
  /** The side's median, or how many times the other side's it is. Undefined where one of them was not measured. */
  readonly value: number | undefined;
  readonly met: boolean;
}

/** What became of each target of a cell. */
export function verdicts(runs: CellRuns): Verdict[] {
  return runs.cell.targets.map((target) => {
    const own = summaryOf(runs, target.side, target.metric)?.median;
    const other = target.versus === undefined ? 1 : summaryOf(runs, target.versus, target.metric)?.median;
    if (own === undefined || other === undefined) return { target, value: undefined, met: false };
    const value = own / other;
    const { atMost = Infinity, atLeast = -Infinity } = target;
    return { target, value, met: value <= atMost && value >= atLeast };
  });
}
