import { describe, expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** `wrong`: it does not do what it says. `harmful`: it does damage where it is followed. */
export type Verdict = 'true' | 'true but incomplete' | 'imprecise' | 'wrong' | 'harmful';

/** One statement of the article, and what becomes of it on stock NestJS and a real broker. */
export interface Claim {
  /** Of the article's statements, 1 to 27; none: a trap beyond the article. */
  readonly number?: number;
  /** In the article's words, or what one would expect; one sentence. */
  readonly says: string;
  readonly verdict: Verdict;
  /** What is seen; one or two sentences. */
  readonly happens: string;
  /** Why; one or two sentences. */
  readonly why: string;
  /** The form that works; a sentence, or code in backticks. */
  readonly right: string;
}

/** A claim and the specs that show its verdict. `docs/the-article.md` is made of these when they have passed. */
export function claim(facts: Claim, specs: () => void): void {
  const { number, says, verdict } = facts;
  const title = `${number === undefined ? 'Trap' : number}: ${says} (${verdict})`;
  leave(title, facts);
  describe(title, specs);
}

/** For the runner's reporter: it knows what became of the specs, which stand below that title in that file. */
function leave(title: string, facts: Claim): void {
  const folder = process.env['FIELDGUIDE_CLAIMS'];
  if (!folder) return;
  const { testPath: file } = expect.getState();
  writeFileSync(join(folder, `${randomUUID()}.json`), JSON.stringify({ title, file, ...facts }));
}
