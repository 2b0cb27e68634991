import { describe, expect, it } from '@jest/globals';
import type { RunClaim } from './claims-run.js';
import { articlePage } from './page.js';

const claim = (facts: Partial<RunClaim>): RunClaim => ({
  says: 'Events are kept',
  verdict: 'wrong',
  happens: 'They are lost.',
  why: 'Nobody keeps them.',
  right: 'Keep them.',
  file: 'apps/claims/src/consuming/lost-events.claim-spec.ts',
  shown: true,
  ...facts,
});

describe('the page on the article', () => {
  it('has all facts of a statement that was shown, and where', async () => {
    const page = await articlePage([claim({ number: 7, file: 'apps/claims/src/article/07-events.claim-spec.ts' })]);

    const [statements, traps] = page.split('## Traps beyond the article');
    expect(statements).toContain('1 of its 27');
    expect(statements).toMatch(/\| \[7\]\(#statement-7\) +\| Events are kept \| wrong/);
    for (const fact of ['They are lost.', 'Nobody keeps them.', 'Keep them.', '(../apps/claims/src/article/07-events.'])
      expect(statements).toContain(fact);
    expect(traps).not.toContain('Events are kept');
  });

  it('has a trap in a section of its own, called as its file', async () => {
    const [statements, traps] = (await articlePage([claim({})])).split('## Traps beyond the article');

    expect(statements).not.toContain('Events are kept');
    expect(traps).toContain('### Lost events\n\n> Events are kept\n');
  });

  it('has nothing of what was not shown', async () => {
    const page = await articlePage([claim({ number: 7, shown: false }), claim({ shown: false })]);

    expect(page).toContain('0 of its 27');
    expect(page).not.toContain('Events are kept');
  });
});
