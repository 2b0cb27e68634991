import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { withLock } from './lock.js';

describe('a lock', () => {
  let folder: string;
  let lock: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'fieldguide-spec-'));
    lock = path.join(folder, 'lock');
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is held while the action runs, and given back when it throws', () => {
    const failing = (): never => {
      expect(existsSync(lock)).toBe(true);
      throw new Error('no');
    };

    expect(() => withLock(lock, failing)).toThrow('no');

    expect(existsSync(lock)).toBe(false);
  });

  it('is taken over from a process that was killed while it held it', () => {
    mkdirSync(lock);
    const earlier = new Date(Date.now() - 60_000);
    utimesSync(lock, earlier, earlier);

    expect(withLock(lock, () => 'done')).toBe('done');
  });
});
