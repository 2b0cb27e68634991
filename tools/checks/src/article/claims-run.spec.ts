import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readClaimsRun } from './claims-run.js';

describe('the last run of the claims', () => {
  let home: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'claims-run-'));
    mkdirSync(join(home, 'claims'));
  });

  afterEach(() => rmSync(home, { recursive: true }));

  const leave = (run: object): void => writeFileSync(join(home, 'claims', 'run.json'), JSON.stringify(run));

  it('is refused where there is none', () => {
    expect(() => readClaimsRun(home)).toThrow('The claims have not run: npm run claims.');
  });

  it('is refused where a pattern left some out', () => {
    leave({ whole: false, claims: [] });

    expect(() => readClaimsRun(home)).toThrow('The last run of the claims left some out: npm run claims.');
  });

  it('is refused where two specs have the same number', () => {
    leave({ whole: true, claims: [{ number: 7 }, {}, {}, { number: 7 }] });

    expect(() => readClaimsRun(home)).toThrow('Two specs are about statement 7');
  });
});
