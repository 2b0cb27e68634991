import type { Report, Verdict } from '../report.js';

const VERDICTS: Readonly<Record<Verdict, string>> = {
  kept: 'The shop has kept its word: nothing lost, nothing done twice.',
  broken: 'The shop has NOT kept its word.',
  unfinished: 'It is not known yet: something is still under way.',
};

const SHOWN = 20;

/** The report for a person: counts, verdict, and the first contradiction with all that is known of its order. */
export function inWords(report: Report): string {
  const [first, ...more] = report.contradictions;
  return [
    table(rowsOf(report)),
    ...listed('Mails that went out twice because of a fault:', report.allowedDoubles),
    ...listed('Not judged:', report.leftOut),
    ...listed('Still under way:', report.unfinished),
    `\n${VERDICTS[report.verdict]}`,
    ...(first ? [`\n${first.code}: ${first.sentence}`, ...report.timeline.map((line) => `  ${line}`)] : []),
    ...listed(
      `${more.length} more:`,
      more.map(({ code, sentence }) => `${code}: ${sentence}`),
    ),
  ].join('\n');
}

function rowsOf({ counts, allowedDoubles }: Report): [string, string | number][] {
  const { foreignOrders, otherDeadLetters, faults } = counts;
  return [
    ...(counts.answers > 0 ? [['accepted answers', counts.answers] as [string, number]] : []),
    ['orders', counts.orders],
    ['paid', counts.captured],
    ['declined', counts.declined],
    ['attempts at the payment provider', counts.attempts],
    ['mails', allowedDoubles.length > 0 ? `${counts.mails} (${allowedDoubles.length} twice, allowed)` : counts.mails],
    ['events', counts.events],
    ['further copies of events', counts.duplicates],
    ...(faults > 0 ? [['faults', faults] as [string, number]] : []),
    ...(foreignOrders > 0 ? [['orders said by others, not judged', foreignOrders] as [string, number]] : []),
    ...(otherDeadLetters > 0 ? [['dead letters of no order judged here', otherDeadLetters] as [string, number]] : []),
  ];
}

function table(rows: readonly [string, string | number][]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

function listed(title: string, sentences: readonly string[]): string[] {
  if (sentences.length === 0) return [];
  const rest = sentences.length - SHOWN;
  return [
    `\n${title}`,
    ...sentences.slice(0, SHOWN).map((sentence) => `  ${sentence}`),
    ...(rest > 0 ? [`  … and ${rest} more`] : []),
  ];
}
