import { workspaceRoot } from '@fieldguide/infra';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Summary } from './statistics.js';
import { round, table } from './table.js';

const PAGE = path.join(workspaceRoot, 'docs/patterns/errors-and-retries.md');
const RESULTS = path.join(workspaceRoot, 'docs/performance/results.json');
const BASE = 'ours, nothing fails';
/** Of the page, with its last row. */
const TABLE = /^\| policy .*\n(?:\|.*\n)+/m;

type Figures = Readonly<Record<string, Summary | undefined>>;
type MeasuredSide = { readonly side: string } & Figures;

interface Results {
  readonly cells: readonly { readonly name: string; readonly sides: readonly MeasuredSide[] }[];
}

/** The table of the page on errors and retries, as `policies` was measured last; no rows where it was not. */
export function policiesTable(results = JSON.parse(readFileSync(RESULTS, 'utf8')) as Results): string[] {
  const sides = results.cells.find(({ name }) => name === 'policies')?.sides ?? [];
  const clean = median(sides.find(({ side }) => side === BASE)?.['rate']);
  const rows = sides.map((side) => [
    side.side.replace(/^ours, /, ''),
    clean ? `${round(median(side['rate']) / clean)}×` : '–',
    told(side['waitP50'], 'ms'),
    told(side['overtaken'], 'of 1 000'),
    told(side['elsewhere'], 'of 1 000'),
    told(side['extra'], 'of 1 000'),
  ]);
  const head = ['policy', 'rate', 'a failed one passes after', 'overtaken in its key', 'handled by others, too'];
  return rows.length === 0 ? [] : table([...head, 'records beside those given'], rows).split('\n');
}

/** The page's table as it stands; empty where there is none. */
export const tableOnPage = (): string[] =>
  (TABLE.exec(readFileSync(PAGE, 'utf8'))?.[0] ?? '').split('\n').filter(Boolean);

/** Puts what was measured last into the page. */
export function writePoliciesPage(): void {
  const rows = policiesTable();
  if (rows.length === 0) return;
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(PAGE, page.replace(TABLE, `${rows.join('\n')}\n`));
}

const median = (summary: Summary | undefined): number => summary?.median ?? NaN;

const told = (summary: Summary | undefined, unit: string): string =>
  summary && Number.isFinite(summary.median) ? (summary.median === 0 ? '0' : `${round(summary.median)} ${unit}`) : '–';
