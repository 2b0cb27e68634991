import type { CellRuns } from './runs.js';

export interface Summary {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? NaN;
  const median = Number.isInteger(middle) ? ((sorted[middle - 1] ?? NaN) + upper) / 2 : upper;
  return { median, least: sorted[0] ?? NaN, most: sorted.at(-1) ?? NaN };
}

/** Undefined where no run of that side has that metric. */
export function summaryOf({ runs }: CellRuns, side: string, metric: string): Summary | undefined {
  const values = runs.filter((run) => run.side === side).flatMap(({ metrics }) => metrics[metric] ?? []);
  return values.length > 0 ? summarize(values) : undefined;
}

/** How far two halves of the same side's runs may lie apart on a machine that was quiet. */
export const QUIET_WITHIN = 0.1;

export interface Control {
  /** Median of the first halves over median of the second ones. */
  readonly ratio: number;
  readonly quiet: boolean;
}

/** The A/A control: the first side against itself. Undefined where the cell has none. */
export function control({ cell, runs }: CellRuns): Control | undefined {
  const [side] = cell.sides;
  const [metric] = cell.metrics;
  if (cell.control === false || !side || !metric) return undefined;
  const half = (which: 'first' | 'second'): number => {
    const own = runs.filter((run) => run.side === side.name && run.half === which);
    return summarize(own.flatMap(({ metrics }) => metrics[metric.name] ?? [])).median;
  };
  const ratio = half('first') / half('second');
  if (!Number.isFinite(ratio)) return undefined; // There is one half only.
  return { ratio, quiet: Math.abs(ratio - 1) <= QUIET_WITHIN };
}
