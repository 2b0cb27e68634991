import { describe } from '@jest/globals';

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
  describe(`${number === undefined ? 'Trap' : number}: ${says} (${verdict})`, specs);
}
