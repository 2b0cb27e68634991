import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';

interface Package {
  dependencies?: Record<string, string>;
}

/** The folders whose builds a project runs: its own, and those of the workspace packages it depends on, transitively. */
export function foldersOf(root: string, project: string): string[] {
  const found = new Set<string>();
  const visit = (folder: string): void => {
    if (found.has(folder)) return;
    found.add(folder);
    const { dependencies = {} } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Package;
    for (const name of Object.keys(dependencies).filter((name) => name.startsWith('@fieldguide/')))
      visit(realpathSync(path.join(root, 'node_modules', name)));
  };
  visit(realpathSync(path.join(root, project)));
  return [...found];
}

/** Changes when, and only when, the code that is run from these folders does. */
export function buildOf(folders: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of folders.flatMap(codeIn)) hash.update(file).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('base64url');
}

function codeIn(folder: string): string[] {
  const dist = path.join(folder, 'dist');
  return entries(dist)
    .filter((name) => name.endsWith('.js') && !name.endsWith('spec.js'))
    .sort()
    .map((name) => path.join(dist, name));
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
