import type { Cell } from '../cells/cell.js';

/** One process' outcome. */
export interface SideRun {
  readonly side: string;
  readonly half: 'first' | 'second';
  readonly metrics: Readonly<Record<string, number>>;
}

/** All runs of a cell, in the order in which they took place. */
export interface CellRuns {
  readonly cell: Cell;
  readonly runs: readonly SideRun[];
  /** Under which it was measured, as sentences. */
  readonly conditions?: readonly string[];
}
