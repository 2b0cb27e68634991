import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import { InfraError } from '../infra-error.js';

const STALE_AFTER_MS = 5_000;
const DEADLINE_MS = 10_000;

/**
 * Runs `action` while no other process does under the same name. The lock is a folder: making one either succeeds or
 * fails, in one step, on every file system. Actions are synchronous and short, so a lock that is some seconds old
 * was left by a process killed within one, and is taken over.
 */
export function withLock<T>(folder: string, action: () => T): T {
  const deadline = Date.now() + DEADLINE_MS;
  while (!taken(folder)) {
    if (Date.now() > deadline) throw new InfraError(`${folder} stays locked: remove it if nothing uses it any more.`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
  try {
    return action();
  } finally {
    release(folder);
  }
}

function taken(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (age(folder) > STALE_AFTER_MS) release(folder);
    return false;
  }
}

function age(folder: string): number {
  try {
    return Date.now() - statSync(folder).mtimeMs;
  } catch {
    return 0;
  }
}

function release(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Somebody else released it first.
  }
}
