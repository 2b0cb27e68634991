import type { Alert, Cause } from './alert.js';

export interface OperatorMail {
  readonly subject: string;
  readonly text: string;
}

/** @param intervalMs until the operator is mailed about this cause again, at the earliest */
export function operatorMail({ first, count, until }: Alert, intervalMs: number): OperatorMail {
  const { service, code, topic, id } = first;
  const letters = count === 1 ? '1 dead letter' : `${count} dead letters`;
  const paragraphs = [
    `${service} gave up on messages of ${topic || 'an unknown topic'}: ${code || 'it does not say why'}.`,
    factsOf(first),
    ...(count > 1 ? [`And ${count - 1} more since ${timeOf(first.at)}, the last at ${timeOf(until)}.`] : []),
    `Look at it, and at all of them:\n\n  ${TOOL} show ${id} --service ${service}\n  ${TOOL} list --service ${service}${whereOf(first)}`,
    `What comes of this within ${intervalMs / 1_000} s is told in one mail after that.`,
  ];
  return { subject: `${service}: ${letters}, ${code || 'no code'}`, text: `${paragraphs.join('\n\n')}\n` };
}

function factsOf({ at, handler, attempts, redrives, topic, place, key, error }: Alert['first']): string {
  const facts = {
    when: timeOf(at),
    handler: handler || 'unknown',
    attempts: redrives > 0 ? `${attempts}, redriven before: ${redrives}` : `${attempts}`,
    message: `${topic || 'unknown topic'}, ${place}`,
    key: key || 'none',
    error: error || 'none',
  };
  return Object.entries(facts)
    .map(([name, value]) => `  ${name.padEnd(10)}${value}`)
    .join('\n');
}

/** `2026-11-25 12:03:05 UTC` */
const timeOf = (time: Date): string => `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;

const TOOL = 'npm run -s dead-letters --';

const whereOf = ({ code, topic }: Cause): string =>
  [code && `code=${code}`, topic && `topic=${topic}`]
    .filter(Boolean)
    .map((condition) => ` --where ${inShell(condition)}`)
    .join('');

/** Somebody will paste it, and others have written it. */
const inShell = (word: string): string => (/^[\w.:/=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
