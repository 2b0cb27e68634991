import { writeFileSync } from 'node:fs';
import { type ClaimsRun, readClaimsRun } from './claims-run.js';
import { articlePage, PAGE } from './page.js';

/** `npm run article-page`: writes the page out of the last run of all claims, and says what is not on it. */
try {
  await write(readClaimsRun());
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

async function write({ claims }: ClaimsRun): Promise<void> {
  writeFileSync(PAGE, await articlePage(claims));
  for (const { file, says } of claims.filter(({ shown }) => !shown)) console.log(`Not on the page: ${says} (${file})`);
}
