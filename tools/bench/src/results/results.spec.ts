import { describe, expect, it } from '@jest/globals';
import { type Cell, CPU, RATE, type Target } from '../cells/cell.js';
import { chart } from './chart.js';
import { withKept } from './kept.js';
import type { CellRuns, SideRun } from './runs.js';
import { control, summarize } from './statistics.js';
import { describeCell, round, table } from './table.js';
import { verdicts } from './verdict.js';

const cellOf = (...targets: Target[]): Cell => ({
  name: 'cell',
  title: 'a < b & c',
  partitions: 1,
  keys: 1,
  topic: 'empty',
  sides: ['ours', 'theirs'].map((name) => ({ name, program: name, warmUp: 0, measured: 1 })),
  metrics: [RATE, CPU],
  targets,
});

const run = (side: string, half: 'first' | 'second', rate: number): SideRun => ({ side, half, metrics: { rate } });

const runsOf = (targets: Target[], ...runs: SideRun[]): CellRuns => ({ cell: cellOf(...targets), runs });

describe('several runs of one side', () => {
  it('are their median and their range', () => {
    expect(summarize([5, 1, 100])).toEqual({ median: 5, least: 1, most: 100 });
    expect(summarize([4, 1, 2, 100])).toEqual({ median: 3, least: 1, most: 100 });
  });
});

describe('the A/A control', () => {
  const ours = (first: number, second: number): CellRuns =>
    runsOf([], run('ours', 'first', first), run('theirs', 'first', 1), run('ours', 'second', second));

  it('calls the machine quiet when both halves of our own runs agree within a tenth', () => {
    expect(control(ours(109, 100))).toEqual({ ratio: 1.09, quiet: true });
    expect(control(ours(91, 100))?.quiet).toBe(true);
  });

  it('calls it not quiet beyond, in either direction', () => {
    expect(control(ours(111, 100))?.quiet).toBe(false);
    expect(control(ours(89, 100))?.quiet).toBe(false);
    expect(describeCell(ours(89, 100))).toContain('**the machine was not quiet**');
  });

  it('says nothing where there was one half only', () => {
    expect(control(runsOf([], run('ours', 'first', 1)))).toBeUndefined();
  });
});

describe('a target', () => {
  const atLeast: Target = { metric: 'rate', side: 'ours', versus: 'theirs', atLeast: 5 };
  const measured = (target: Target, ours: number) =>
    verdicts(runsOf([target], run('ours', 'first', ours), run('theirs', 'first', 10)))[0];

  it('is met at its limit, and not below', () => {
    expect(measured(atLeast, 50)).toMatchObject({ value: 5, met: true });
    expect(measured(atLeast, 49)).toMatchObject({ value: 4.9, met: false });
  });

  it('that is an upper limit is not met above it', () => {
    const atMost: Target = { metric: 'rate', side: 'ours', versus: 'theirs', atMost: 0.33 };
    expect(measured(atMost, 3.3)?.met).toBe(true);
    expect(measured(atMost, 3.4)?.met).toBe(false);
  });

  it('without another side is a plain number', () => {
    const plain: Target = { metric: 'rate', side: 'ours', atMost: 500 };
    expect(measured(plain, 500)).toMatchObject({ value: 500, met: true });
    expect(measured(plain, 501)?.met).toBe(false);
  });

  describe('against the least of several sides', () => {
    const target: Target = { metric: 'rate', side: 'ours', versus: ['theirs', 'others'], atLeast: 0.8 };
    const others = { name: 'others', program: 'others', warmUp: 0, measured: 1 };
    const among = (...runs: SideRun[]): CellRuns => {
      const cell = cellOf(target);
      return { cell: { ...cell, sides: [...cell.sides, others] }, runs };
    };

    it('is a multiple of that one', () => {
      const runs = among(run('ours', 'first', 45), run('theirs', 'first', 100), run('others', 'first', 50));

      expect(verdicts(runs)[0]).toMatchObject({ value: 0.9, met: true });
      expect(describeCell(runs)).toContain('ours: messages/s ≥ 0.8 × the least of (theirs; others)');
    });

    it('is not met where one of them was not measured', () => {
      const runs = among(run('ours', 'first', 45), run('others', 'first', 50));

      expect(verdicts(runs)[0]).toEqual({ target, value: undefined, met: false });
    });
  });

  it('that allows so much more than the other side is a difference', () => {
    const target: Target = { metric: 'rate', side: 'ours', versus: 'theirs', atMostMore: 1.5 };

    expect(measured(target, 11.5)).toMatchObject({ value: 1.5, met: true });
    expect(measured(target, 11.6)?.met).toBe(false);
    const text = describeCell(runsOf([target], run('ours', 'first', 11.5), run('theirs', 'first', 10)));
    expect(text).toMatch(/\| ours: messages\/s ≤ theirs \+ 1.5 +\| 1.5 +\| ✓ +\|/);
  });

  it('is not met where the other side was not measured', () => {
    const alone = runsOf([atLeast], run('ours', 'first', 50));
    expect(verdicts(alone)[0]).toEqual({ target: atLeast, value: undefined, met: false });
    expect(describeCell(alone)).toContain('not measured');
  });
});

describe('the table', () => {
  it('shows median, range, target and verdict', () => {
    const target: Target = { metric: 'rate', side: 'ours', versus: 'theirs', atLeast: 2 };
    const text = describeCell(
      runsOf([target], run('ours', 'first', 1_000), run('ours', 'second', 3_000), run('theirs', 'first', 500)),
    );

    expect(text).toContain('| ours   | 2 000 (1 000 … 3 000) |');
    expect(text).toMatch(/\| ours: messages\/s ≥ 2 × theirs +\| 4× +\| ✓ +\|/);
  });

  it('has columns that stand one below the other', () => {
    expect(table(['a', 'bb'], [['long one', '✓']]).split('\n').map((line) => [...line].length)).toEqual([18, 18, 18]); // prettier-ignore
  });

  it('keeps three digits, and thousands apart', () => {
    expect([0.12345, 1.5, 27.64, 999.6, 1_234.5, 1_234_567].map(round)).toEqual([
      '0.123',
      '1.5',
      '27.6',
      '1000',
      '1 235',
      '1 234 567',
    ]);
  });
});

describe('the chart', () => {
  it('has a bar for each side, as long as its median, and says what is better', () => {
    const svg = chart([runsOf([], run('ours', 'first', 100), run('theirs', 'first', 50))]);
    const [ours, theirs] = [...svg.matchAll(/<rect x="260" y="\d+" width="([\d.]+)"/g)].map(([, width]) =>
      Number(width),
    );

    expect(ours).toBe(2 * (theirs ?? NaN));
    expect(svg).toContain('more is better');
    expect(svg).toContain('a &lt; b &amp; c');
  });
});

describe('a run of some cells', () => {
  it('keeps what is there of the others, with the conditions of their own run', () => {
    const one = run('ours', 'first', 1);
    const older = { name: 'io', runs: [one], conditions: ['older'] };
    const json = JSON.stringify({ conditions: ['old'], cells: [{ name: 'publish', runs: [one] }, older] });
    const [publish] = withKept([], [], json);
    const now: CellRuns = { cell: { ...(publish as CellRuns).cell, name: 'consume' }, runs: [run('ours', 'first', 2)] };

    const all = withKept([now], ['new'], json);

    expect(all.map(({ cell, runs, conditions }) => [cell.name, runs.length, conditions])).toEqual([
      ['publish', 1, ['old']],
      ['consume', 1, ['new']],
      ['io', 1, ['older']],
    ]);
  });
});
