import { describe, expect, it } from '@jest/globals';
import { commandsOf, isSeen, specRun, titleOf } from './page-commands.js';

const PAGE = `# A page

\`\`\`sh
npm ci
\`\`\`

## See it

\`\`\`sh
npm run order
npm run replicas -- list
\`\`\`

It says:

\`\`\`
+12 ms order: paid
\`\`\`

\`\`\`sh
curl -s localhost:3000
\`\`\`

## Settings

\`\`\`sh
rm -rf nothing
\`\`\`
`;

describe('the commands of a page', () => {
  it('are its blocks under a heading, each with what one sees', () => {
    expect(commandsOf(PAGE, 'See it')).toEqual([
      { lines: ['npm run order', 'npm run replicas -- list'], seen: ['+12 ms order: paid'] },
      { lines: ['curl -s localhost:3000'], seen: [] },
    ]);
    expect(commandsOf(PAGE).map(({ lines }) => lines[0])).toContain('npm ci');
    expect(commandsOf(PAGE, 'Nowhere')).toEqual([]);
  });

  it('may run specs, whose titles are what one sees', () => {
    expect(specRun('npx nx run claims:claims --testPathPatterns poison    # stock')).toEqual({
      target: 'claims',
      pattern: 'poison',
    });
    expect(specRun('npm run order')).toBeUndefined();
    expect(titleOf('  ✓ handles each event once')).toBe('handles each event once');
    expect(titleOf('+12 ms order: paid')).toBeUndefined();
  });
});

describe('a line that a page shows', () => {
  const shown = ' +296 ms  orders.replies   partition 3  → orders-1  group orders.replies.3321322205fe';

  it('is seen with other numbers, ids and gaps', () => {
    expect(isSeen(shown, '+3 ms orders.replies  partition 12 → orders-2 group orders.replies.0a21b2c205fe')).toBe(true);
    expect(isSeen('order d634aac0-…: placed', 'order 0034aac0-1111-4222-8333-6c1de2a6b4f7: placed')).toBe(true);
    expect(isSeen('… attempt 3', 'anything, attempt 4')).toBe(true);
  });

  it('is not seen with other words', () => {
    expect(isSeen(shown, '+3 ms orders.replies  partition 12 → orders-2 group billing')).toBe(false);
    expect(isSeen('order: paid', 'order: paid or not')).toBe(false);
    expect(isSeen('order: paid', 'the order: paid')).toBe(false);
  });
});
