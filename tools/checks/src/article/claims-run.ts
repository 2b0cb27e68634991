import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A statement of the article, or a trap beyond it, as its spec has it; all texts are Markdown. */
export interface RunClaim {
  /** None: a trap. */
  readonly number?: number;
  readonly says: string;
  readonly verdict: string;
  readonly happens: string;
  readonly why: string;
  readonly right: string;
  /** Path of the spec from the root. */
  readonly file: string;
  /** Whether its specs have all run, and passed. */
  readonly shown: boolean;
}

/** What the last run of the claims has left in the home. */
export interface ClaimsRun {
  /** Whether nothing was left out by a pattern. */
  readonly whole: boolean;
  readonly claims: readonly RunClaim[];
}

/** How many statements of the article there are. */
export const STATEMENTS = 27;

/** Throws a sentence where there is no run of all claims, or not one spec for each of the article's statements. */
export function readClaimsRun(home = process.env['FIELDGUIDE_HOME'] ?? '.local'): ClaimsRun {
  const file = join(home, 'claims', 'run.json');
  if (!existsSync(file)) throw new Error('The claims have not run: npm run claims.');
  const run = JSON.parse(readFileSync(file, 'utf8')) as ClaimsRun;
  if (!run.whole) throw new Error('The last run of the claims left some out: npm run claims.');
  const numbers = run.claims.flatMap(({ number }) => number ?? []);
  const twice = numbers.find((number, index) => numbers.indexOf(number) !== index);
  if (twice !== undefined) throw new Error(`Two specs are about statement ${twice}: one of them has another number.`);
  const missing = Array.from({ length: STATEMENTS }, (_, index) => index + 1).filter(
    (number) => !numbers.includes(number),
  );
  if (missing.length > 0) throw new Error(`No spec is about statement ${missing.join(', ')} of the article.`);
  return run;
}
