import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';

/** The top of the clone. Both `src` and `dist` lie three folders below it. */
export const workspaceRoot = path.resolve(import.meta.dirname, '../../..');

export type Environment = Record<string, string | undefined>;

/** The process's environment over the clone's `.env`. */
export function environment(): Environment {
  try {
    return { ...parseEnv(readFileSync(path.join(workspaceRoot, '.env'), 'utf8')), ...process.env };
  } catch {
    return process.env;
  }
}

/** The services of the shop: what is tagged so in `apps/`. */
export function services(): string[] {
  const apps = path.join(workspaceRoot, 'apps');
  return readdirSync(apps).filter((name) => {
    const manifest = path.join(apps, name, 'package.json');
    return existsSync(manifest) && readFileSync(manifest, 'utf8').includes('"type:service"');
  });
}
