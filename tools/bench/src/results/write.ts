import { workspaceRoot } from '@fieldguide/infra';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, totalmem } from 'node:os';
import path from 'node:path';
import { chart } from './chart.js';
import { withKept } from './kept.js';
import type { CellRuns } from './runs.js';
import { control, summaryOf } from './statistics.js';
import { describeCell } from './table.js';
import { verdicts } from './verdict.js';

export const PERFORMANCE = path.join(workspaceRoot, 'docs/performance');

/** The table, the numbers behind it, and a picture of them. */
export function writeResults(measured: readonly CellRuns[], conditions: readonly string[]): void {
  mkdirSync(PERFORMANCE, { recursive: true });
  const all = withKept(measured, conditions, keptJson());
  const json = { conditions, cells: all.map(inJson) };
  const heading = `# Results\n\n${conditions.join('\n')}\n\n![Rates and times of all sides](results.svg)`;
  writeFileSync(path.join(PERFORMANCE, 'results.json'), `${JSON.stringify(json, null, 2)}\n`);
  writeFileSync(
    path.join(PERFORMANCE, 'results.md'),
    `${[heading, ...all.map((runs) => described(runs, conditions))].join('\n\n')}\n`,
  );
  writeFileSync(path.join(PERFORMANCE, 'results.svg'), chart(all));
  console.log('\nKept in docs/performance: results.md, results.json, results.svg.');
}

function keptJson(): string {
  const file = path.join(PERFORMANCE, 'results.json');
  return existsSync(file) ? readFileSync(file, 'utf8') : '{"conditions":[],"cells":[]}';
}

/** A cell of an earlier run says under which conditions that was. */
function described(runs: CellRuns, conditions: readonly string[]): string {
  const own = runs.conditions ?? conditions;
  const isEarlier = own.join() !== conditions.join();
  return isEarlier ? `${describeCell(runs)}\n\nOf an earlier run: ${own.slice(1).join(' ')}` : describeCell(runs);
}

/** Of a run that begins now. */
export function conditionsNow(cores: string): string[] {
  const [cpu] = cpus();
  const [load = 0] = loadavg();
  const gigabytes = Math.round(totalmem() / 1024 ** 3);
  return [
    `Node ${process.version}, ${platform()} ${arch()}, ${cpus().length} cores (${cpu?.model.trim() ?? 'unknown'}), ${gigabytes} GB.`,
    `${cores} Load average at the start: ${load.toFixed(1)}.`,
    `Medians, and the range in brackets; ${new Date().toISOString().slice(0, 10)}.`,
  ];
}

function inJson(runs: CellRuns): object {
  const { cell } = runs;
  const sides = cell.sides.map(({ name }) => ({
    side: name,
    ...Object.fromEntries(cell.metrics.map((metric) => [metric.name, summaryOf(runs, name, metric.name)])),
  }));
  return {
    name: cell.name,
    title: cell.title,
    conditions: runs.conditions,
    sides,
    targets: verdicts(runs),
    control: control(runs),
    runs: runs.runs,
  };
}
