import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { withLock } from './lock.js';

/** What the file holds; undefined where it is missing or is not JSON. */
export function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

/** Written beside it and renamed, so that a reader sees the old or the new and never a half. */
export function writeJson(file: string, value: unknown, mode = 0o644): void {
  const draft = `${file}.${process.pid}.draft`;
  try {
    writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode });
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** Reads, changes and writes in one step: two processes that do it at once lose nothing. */
export function changeJson<T>(file: string, change: (value: T | undefined) => T, mode?: number): void {
  withLock(`${file}.lock`, () => writeJson(file, change(readJson<T>(file)), mode));
}
