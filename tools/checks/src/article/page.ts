import { readFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { type RunClaim, STATEMENTS } from './claims-run.js';

export const PAGE = 'docs/the-article.md';

/** The page, formatted: of each claim that was shown all its facts, and of no other anything. */
export async function articlePage(claims: readonly RunClaim[]): Promise<string> {
  const shown = claims.filter((claim) => claim.shown);
  const statements = shown.filter(({ number }) => number !== undefined);
  const traps = shown.filter(({ number }) => number === undefined);
  const text = [
    ...introduction(statements.length),
    ...table(statements),
    ...statements.flatMap((claim) => section(`Statement ${claim.number}`, claim)),
    '## Traps beyond the article',
    'What one would expect, and the article does not warn of.',
    ...table(traps),
    ...traps.flatMap((claim) => section(titleOf(claim), claim)),
  ].join('\n\n');
  return format(text, { ...(await resolveConfig(PAGE)), parser: 'markdown' });
}

const introduction = (count: number): string[] => [
  '# The article, claim by claim',
  'Many a team begins with an article like _NestJS and Kafka_ by Pacta AG. Here is what becomes of its statements on stock ' +
    `NestJS (\`@nestjs/microservices\` ${version('@nestjs/microservices')}), kafkajs ${version('kafkajs')} and a real broker: ` +
    `${count} of its ${STATEMENTS} are on this page. Each is a spec that runs the article’s code as printed, and the form that works.`,
  '`npm run claims` runs them all and ends with the verdicts; `npm run article-page` then writes this page out of what was ' +
    'seen. What did not pass is not on it, and `npm test` fails where the page is another one.',
  '## Statements of the article',
];

function table(claims: readonly RunClaim[]): string[] {
  const rows = claims.map(
    (claim) => `| ${nameOf(claim)} | ${cell(claim.says)} | ${claim.verdict} | [spec](${linkTo(claim)}) |`,
  );
  return [['|  | says | verdict | shown by |', '| --- | --- | --- | --- |', ...rows].join('\n')];
}

const section = (title: string, claim: RunClaim): string[] => [
  `### ${title}`,
  `> ${claim.says}`,
  [
    `- **Verdict**: ${claim.verdict}`,
    `- **What happens**: ${claim.happens}`,
    `- **Why**: ${claim.why}`,
    `- **The right way**: ${claim.right}`,
    `- **Shown by**: [${fileName(claim)}](${linkTo(claim)})`,
  ].join('\n'),
];

const nameOf = (claim: RunClaim): string =>
  claim.number === undefined
    ? `[${titleOf(claim)}](#${titleOf(claim).toLowerCase().replaceAll(' ', '-')})`
    : `[${claim.number}](#statement-${claim.number})`;

/** `consuming/dies-silently.claim-spec.ts` is the trap called "Dies silently". */
function titleOf(claim: RunClaim): string {
  const words = fileName(claim).replace('.claim-spec.ts', '').replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const fileName = ({ file }: RunClaim): string => file.slice(file.lastIndexOf('/') + 1);

const linkTo = ({ file }: RunClaim): string => relative(dirname(PAGE), file);

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** As package.json has it. */
function version(name: string): string {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> };
  return dependencies[name] ?? 'of no version';
}
