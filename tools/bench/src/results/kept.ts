import { CELLS } from '../cells/index.js';
import type { CellRuns, SideRun } from './runs.js';

/** `results.json`, as far as it is read again. */
interface Kept {
  readonly conditions: readonly string[];
  readonly cells: readonly {
    readonly name: string;
    readonly conditions?: readonly string[];
    readonly runs: readonly SideRun[];
  }[];
}

/** These cells, and of those that were not measured now what is there of them, each with the conditions of its own run. */
export function withKept(measured: readonly CellRuns[], conditions: readonly string[], json: string): CellRuns[] {
  const { conditions: earlier, cells } = JSON.parse(json) as Kept;
  return CELLS.flatMap((cell) => {
    const now = measured.find((runs) => runs.cell.name === cell.name);
    if (now) return [{ ...now, conditions }];
    const kept = cells.find(({ name }) => name === cell.name);
    return kept ? [{ cell, runs: kept.runs, conditions: kept.conditions ?? earlier }] : [];
  });
}
