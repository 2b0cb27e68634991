import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tally, type Counts } from './tally.js';

describe('the tally of a whole test run', () => {
  let folder: string;
  let tally: Tally;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'counts-'));
    tally = new Tally();
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const leave = (name: string, counts: Partial<Counts>): void =>
    writeFileSync(
      join(folder, `${name}.json`),
      JSON.stringify({ passed: 0, failed: 0, skipped: 0, failures: [], ...counts }),
    );

  it('adds up checks and what the runners counted', () => {
    tally.add({ says: 'every file is formatted', contradictions: [] });
    leave('libs-kafka-1', { passed: 5 });
    leave('libs-outbox-2', { passed: 2 });

    tally.addCounts(folder, 'nx run-many -t test', 0);

    expect(tally.summary()).toBe('\n8 passed, 0 failed');
  });

  it('says at the end which spec failed, and why', () => {
    leave('libs-kafka-1', {
      passed: 4,
      failed: 1,
      failures: [{ says: 'libs/kafka/src/x.spec.ts: x holds', lines: ['expected 1', 'received 2'] }],
    });

    tally.addCounts(folder, 'nx run-many -t test', 1);

    expect(tally.summary()).toBe(
      '\n── What failed ──\n✗ libs/kafka/src/x.spec.ts: x holds\n    expected 1\n    received 2\n\n4 passed, 1 failed',
    );
  });

  it('says at the end which check failed', () => {
    tally.add({ says: 'every file is formatted', contradictions: ['README.md'] });

    expect(tally.summary()).toBe('\n── What failed ──\n✗ every file is formatted\n    README.md\n\n0 passed, 1 failed');
  });

  it('counts a skipped spec as failed', () => {
    leave('libs-kafka-1', { passed: 4, skipped: 2 });

    tally.addCounts(folder, 'nx run-many -t test', 0);

    expect(tally).toMatchObject({ passed: 4, failed: 2 });
  });

  it('counts a run that counted nothing as failed', () => {
    tally.addCounts(folder, 'nx run-many -t test', 0);

    expect(tally.summary()).toContain('✗ nx run-many -t test\n    ended with 0, 0 runners counted');
    expect(tally.failed).toBe(1);
  });

  it('counts a run that ended badly though every spec passed as failed', () => {
    leave('libs-kafka-1', { passed: 4 });

    tally.addCounts(folder, 'nx run-many -t test', 1);

    expect(tally).toMatchObject({ passed: 4, failed: 1 });
  });
});
