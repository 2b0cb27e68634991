import { readFileSync, writeFileSync } from 'node:fs';
import { pagesWithSnippets } from './check.js';
import { codeOf, sameCode, snippetsOf } from './snippet.js';

/** `npm run snippets`: puts the code of today into the documents. Prettier gives it its lines. */
for (const page of await pagesWithSnippets()) {
  const text = readFileSync(page, 'utf8');
  const stale = snippetsOf(page, text).filter((snippet) => snippet.kind === 'code' && isStale(page, snippet));
  if (stale.length === 0) continue;
  // From the last to the first: the places of the others stay what they were.
  const written = stale.reduceRight((all, snippet) => {
    const code = codeOf(snippet).replaceAll(/^(?=.)/gm, snippet.indent);
    return `${all.slice(0, snippet.from)}${code}\n${all.slice(snippet.to)}`;
  }, text);
  writeFileSync(page, written);
  console.log(`${page}: ${stale.map(({ says }) => says).join('; ')}`);
}

function isStale(page: string, snippet: Parameters<typeof codeOf>[0] & { code: string }): boolean {
  try {
    return !sameCode(codeOf(snippet), snippet.code);
  } catch (error) {
    console.error(`${page}: ${(error as Error).message}`);
    process.exitCode = 1;
    return false;
  }
}
