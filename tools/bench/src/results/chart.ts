import type { CellRuns } from './runs.js';
import { summaryOf } from './statistics.js';
import { round } from './table.js';

const WIDTH = 900;
const LABELS = 260;
const BAR = 18;
const GAP = 6;
const HEAD = 34;
const PANEL_GAP = 18;
const COLOURS = { ours: '#2f6f4f', other: '#9aa5b1', ink: '#1f2933', paper: '#ffffff' };

/** One panel for each cell: the first metric of every side, as bars with their range. */
export function chart(all: readonly CellRuns[]): string {
  const panels: string[] = [];
  let top = PANEL_GAP;
  for (const runs of all) {
    const { svg, height } = panel(runs, top);
    panels.push(svg);
    top += height + PANEL_GAP;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${top}" fill="${COLOURS.paper}"/>`,
    ...panels,
    '</svg>\n',
  ].join('\n');
}

function panel(runs: CellRuns, top: number): { svg: string; height: number } {
  const { cell } = runs;
  const [metric] = cell.metrics;
  const bars = cell.sides.flatMap(({ name }) => {
    const summary = metric && summaryOf(runs, name, metric.name);
    return summary ? [{ name, summary }] : [];
  });
  const longest = Math.max(...bars.map(({ summary }) => summary.most));
  const scale = (WIDTH - LABELS - 130) / longest;
  const rows = bars.map(({ name, summary }, index) => {
    const y = top + HEAD + index * (BAR + GAP);
    const middle = y + BAR / 2;
    const at = (value: number): string => (LABELS + value * scale).toFixed(1);
    const fill = name.startsWith('ours') ? COLOURS.ours : COLOURS.other;
    return [
      text(LABELS - 8, middle + 4, name, 'text-anchor="end"'),
      `<rect x="${LABELS}" y="${y}" width="${(summary.median * scale).toFixed(1)}" height="${BAR}" fill="${fill}"/>`,
      `<line x1="${at(summary.least)}" x2="${at(summary.most)}" y1="${middle}" y2="${middle}" stroke="${COLOURS.ink}"/>`,
      text(LABELS + summary.most * scale + 8, middle + 4, round(summary.median)),
    ].join('\n');
  });
  const better = metric?.best === 'high' ? 'more is better' : 'less is better';
  const title = text(
    12,
    top + 16,
    `${cell.name}: ${cell.title} (${metric?.unit ?? ''}; ${better})`,
    'font-weight="600"',
  );
  return { svg: [title, ...rows].join('\n'), height: HEAD + bars.length * (BAR + GAP) };
}

const text = (x: number, y: number, content: string, attributes = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" fill="${COLOURS.ink}" ${attributes}>${escape(content)}</text>`;

const escape = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
