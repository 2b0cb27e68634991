import { describe, expect, it } from '@jest/globals';
import { sameCode, snippetsOf } from './snippet.js';

const PAGE = `# A page

<!-- code: a.ts A.b; c.ts -->

\`\`\`ts
const a = [1];
\`\`\`

\`\`\`sh
npm start
\`\`\`

\`\`\`ts
const b = 2;
\`\`\`
`;

describe('the snippets of a page', () => {
  it('are its blocks of TypeScript, with the comment that stands above them', () => {
    const snippets = snippetsOf('page.md', PAGE);

    expect(snippets).toMatchObject([
      { kind: 'code', says: 'a.ts A.b; c.ts', code: 'const a = [1];\n' },
      { kind: undefined, code: 'const b = 2;\n' },
    ]);
    expect(snippets.map(({ from, to }) => PAGE.slice(from, to))).toEqual(snippets.map(({ code }) => code));
  });

  it('are the same code however they are broken into lines, and another where a word differs', () => {
    expect(sameCode('call(\n  one,\n  two,\n)', 'call(one, two)')).toBe(true);
    expect(sameCode('call(one)', 'call(two)')).toBe(false);
  });
});
