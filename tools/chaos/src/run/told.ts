import { KINDS } from '../schedule/kinds.js';
import type { Outcome } from './run.js';
import type { Verdict } from './verdict.js';

/** For `--kinds`. */
export function kindsTable(): string {
  const rows = Object.entries(KINDS).map(([name, { does, form }]) => {
    const note = { short: '', long: ' (from 50 faults on)', cluster: ' (three brokers)' }[form];
    return `${name.padEnd(17)} ${does}${note}`;
  });
  return rows.join('\n');
}

/** The counts, then the verdict. */
export function outcomeInWords(outcome: Outcome, verdict: Verdict): string {
  const { customers } = outcome;
  const counts = [
    ['customers', customers.customers],
    ['orders accepted', customers.accepted],
    ['retries of customers', customers.retries],
    ['asked again for an answer they had', customers.askedAgain],
    ['turned away, as too many waited', customers.turnedAway],
    ...byKind(outcome),
  ] as const;
  const lines = counts.map(([what, count]) => `  ${what.padEnd(36)} ${String(count).padStart(7)}`);
  return ['', ...lines, ...notDone(outcome), '', verdict.words].join('\n');
}

function notDone({ undone, schedule }: Outcome): string[] {
  if (undone.length === 0) return [];
  const others = schedule.length - undone.length;
  return [
    '',
    `${undone.length} of ${schedule.length} faults could not be done: what follows is said of the other ${others}.`,
    ...undone.map((sentence) => `  ${sentence}`),
  ];
}

function byKind({ schedule }: Outcome): [string, number][] {
  const counts = new Map<string, number>();
  for (const { kind } of schedule) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].sort().map(([kind, count]) => [`faults: ${kind}`, count]);
}
