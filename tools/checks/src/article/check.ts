import { existsSync, readFileSync } from 'node:fs';
import type { Check } from '../check.js';
import { type ClaimsRun, readClaimsRun } from './claims-run.js';
import { articlePage, PAGE } from './page.js';

const SAYS = 'the page on the article is what its specs have just shown';

/** After the claims have run: the page against what was shown. */
export async function checkArticle(): Promise<Check> {
  let run: ClaimsRun;
  try {
    run = readClaimsRun();
  } catch (error) {
    return { says: SAYS, contradictions: [(error as Error).message] };
  }
  const page = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
  const stale = page !== (await articlePage(run.claims));
  return {
    says: SAYS,
    contradictions: stale ? [`${PAGE} is another one: npm run claims && npm run article-page`] : [],
  };
}
