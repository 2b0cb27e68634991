import { readFileSync } from 'node:fs';
import type { Check } from '../check.js';
import { trackedFiles } from '../tracked-files.js';
import { commandsOf, specRun, titleOf } from './page-commands.js';

/** Of the targets that run specs: what their files end with. */
const SUFFIXES: Record<string, string> = {
  test: '.spec.ts',
  'broker-test': '.broker-spec.ts',
  claims: '.claim-spec.ts',
  e2e: '.e2e-spec.ts',
};

/**
 * Commands in the documents that run specs: what they name is there, and has the titles that the page shows. The other
 * commands are run by `apps/e2e/src/pages.e2e-spec.ts`.
 */
export async function checkPageCommands(): Promise<Check[]> {
  const files = await trackedFiles();
  const contradictions = files
    .filter((file) => file.endsWith('.md'))
    .flatMap((page) => commandsOf(readFileSync(page, 'utf8')).flatMap((commands) => problems(page, commands, files)));
  return [{ says: 'every spec that the documents run is there, and says what they show', contradictions }];
}

function problems(page: string, { lines, seen }: ReturnType<typeof commandsOf>[number], files: readonly string[]) {
  const runs = lines.flatMap((line) => specRun(line) ?? []);
  const empty = runs.filter((run) => specsOf(run, files).length === 0);
  const titles = runs.flatMap((run) => specsOf(run, files)).flatMap(titlesIn);
  const unsaid = seen
    .flatMap((line) => titleOf(line) ?? [])
    .filter((shown) => !titles.some((title) => title.test(shown)));
  return [
    ...empty.map(({ pattern }) => `${page}: no spec is called ${pattern}`),
    ...unsaid.map((shown) => `${page}: no spec says "${shown}"`),
  ];
}

const specsOf = ({ target, pattern }: { target: string; pattern: string }, files: readonly string[]): string[] =>
  files.filter((file) => file.endsWith(SUFFIXES[target] ?? '\0') && new RegExp(pattern).test(file));

/** What is said of each of a list (`%i`, `$name`) may be anything there. */
function titlesIn(file: string): RegExp[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/\bit(?:\.each\([\s\S]*?\)|\.failing)?\(\s*(['"`])((?:\\.|(?!\1)[\s\S])*)\1/g)].map(
    ([, , title = '']) =>
      new RegExp(
        `^${title
          .replaceAll(/\\(.)/g, '$1')
          .replaceAll(/[.*+?^{}()|[\]\\]/g, '\\$&')
          .replaceAll(/%[a-z]|\$(?:\w|\\\{[^}]*\\\})+/g, '.+')}$`,
      ),
  );
}
