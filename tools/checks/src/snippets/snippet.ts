import { existsSync, readFileSync } from 'node:fs';
import { codeIn } from './code-in.js';

/**
 * A block of TypeScript on a page, and the comment above it that says where it is from:
 * `<!-- code: apps/billing/src/main.ts startOrExit; libs/x.ts Class.method signature; libs/y.ts "const first" -->`, or
 * `<!-- printed: why it is in no file -->`.
 */
export interface Snippet {
  readonly page: string;
  /** Of the comment: `code`, `printed`, or nothing where there is no comment. */
  readonly kind: 'code' | 'printed' | undefined;
  readonly says: string;
  /** What stands between the fences, indented as its list is. */
  readonly code: string;
  /** Where the code begins and ends in the page's text. */
  readonly from: number;
  readonly to: number;
  readonly indent: string;
}

const BLOCK = /(?:^<!-- (code|printed): ([^\n]*?) -->\n+)?^( *)```ts\n([\s\S]*?)^\3```$/gm;

export function snippetsOf(page: string, text: string): Snippet[] {
  return [...text.matchAll(BLOCK)].map((match) => {
    const [all, kind, says = '', indent = '', code = ''] = match;
    const to = match.index + all.length - '```'.length - indent.length;
    return { page, kind: kind as Snippet['kind'], says, code, from: to - code.length, to, indent };
  });
}

/** The code that a snippet's comment names, in one block. @throws Error naming what is not there */
export function codeOf({ says }: Snippet): string {
  return says
    .split(';')
    .map((place) => {
      const [, file = '', what = ''] = /^\s*(\S+)\s*(.*?)\s*$/.exec(place) ?? [];
      if (!existsSync(file)) throw new Error(`there is no ${file}`);
      return codeIn(file, readFileSync(file, 'utf8'), what);
    })
    .join('\n\n');
}

/** However it is broken into lines: on a page it stands further left than in its class. */
export const sameCode = (one: string, other: string): boolean => squeezed(one) === squeezed(other);

const squeezed = (code: string): string => code.replace(/\s+/g, '').replace(/,(?=[)\]}])/g, '');
