import { readFileSync } from 'node:fs';
import type { Check } from '../check.js';
import { trackedFiles } from '../tracked-files.js';
import { codeOf, sameCode, type Snippet, snippetsOf } from './snippet.js';

/** Each block of TypeScript in the documents is what stands in the code today, or says why it stands in none. */
export async function checkSnippets(): Promise<Check[]> {
  const snippets = (await pagesWithSnippets()).flatMap((page) => snippetsOf(page, readFileSync(page, 'utf8')));
  return [{ says: 'every snippet in the documents is taken from the code', contradictions: snippets.flatMap(problem) }];
}

export async function pagesWithSnippets(): Promise<string[]> {
  return (await trackedFiles()).filter((file) => file.endsWith('.md'));
}

function problem(snippet: Snippet): string[] {
  const { page, kind, says, code } = snippet;
  const [first] = code.trim().split('\n');
  if (!kind) return [`${page}: no comment says where this is from: ${first}`];
  if (kind === 'printed') return says.trim() ? [] : [`${page}: it is not said why this is in no file: ${first}`];
  try {
    return sameCode(codeOf(snippet), code) ? [] : [`${page}: ${says} is another today; npm run snippets puts it in`];
  } catch (error) {
    return [`${page}: ${(error as Error).message}`];
  }
}
