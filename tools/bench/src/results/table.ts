import type { Metric, Target } from '../cells/cell.js';
import type { CellRuns } from './runs.js';
import { control, type Summary, summaryOf } from './statistics.js';
import { type Verdict, verdicts } from './verdict.js';

/** One cell, as Markdown that reads well on a terminal, too. */
export function describeCell(runs: CellRuns): string {
  const { cell } = runs;
  const sides = cell.sides.filter(({ name }) => runs.runs.some(({ side }) => side === name));
  const measured = table(
    ['', ...cell.metrics.map(({ unit }) => unit)],
    sides.map(({ name }) => [name, ...cell.metrics.map((metric) => shown(summaryOf(runs, name, metric.name)))]),
  );
  const targets = verdicts(runs).map((verdict) => verdictRow(cell.metrics, verdict));
  return [
    `### ${cell.name}: ${cell.title}`,
    measured,
    ...(targets.length > 0 ? [table(['target', 'is', ''], targets)] : []),
    quietness(runs),
  ].join('\n\n');
}

function verdictRow(metrics: readonly Metric[], { target, value, met }: Verdict): string[] {
  const times = target.versus && target.atMostMore === undefined ? '×' : '';
  const is = value === undefined ? 'not measured' : `${round(value)}${times}`;
  return [sentence(metrics, target), is, met ? '✓' : '✗'];
}

/** `ours: messages/s ≥ 5 × ClientKafka.emit` */
export function sentence(metrics: readonly Metric[], target: Target): string {
  const { metric, side, versus, atMost, atLeast, atMostMore } = target;
  const unit = metrics.find(({ name }) => name === metric)?.unit ?? metric;
  const others =
    versus === undefined ? '' : typeof versus === 'string' ? versus : `the least of (${versus.join('; ')})`;
  if (atMostMore !== undefined) return `${side}: ${unit} ≤ ${others} + ${atMostMore}`;
  const limit = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`;
  return `${side}: ${unit} ${limit}${others && ` × ${others}`}`;
}

function quietness(runs: CellRuns): string {
  const found = control(runs);
  if (!found) return 'No A/A control.';
  const { ratio, quiet } = found;
  return `A/A control ${round(ratio)}: ${quiet ? 'the machine was quiet' : '**the machine was not quiet**'}.`;
}

const shown = (summary: Summary | undefined): string =>
  summary ? `${round(summary.median)} (${round(summary.least)} … ${round(summary.most)})` : '–';

/** Three digits that mean something. */
export function round(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 1_000) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ');
  return String(Number(value.toPrecision(3)));
}

/** A Markdown table whose columns stand one below the other. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(3, ...[head, ...rows].map((row) => [...(row[column] ?? title)].length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => pad(cells[column] ?? '', width)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n');
}

const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - [...text].length));
