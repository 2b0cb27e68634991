import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { home, homeName } from '../../home.js';
import { firstLine, InfraError } from '../../infra-error.js';
import { recall, remember } from '../../infrastructure/memory.js';
import { postgresBinaries } from './postgres-binaries.js';

/** Whom a process runs as. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root. */
export function nobody(): User {
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** In the home; below the system's temporary folder where the home is closed to the user that PostgreSQL runs as. */
export function dataFolder(user: User | undefined): string {
  const inside = path.join(home(), 'postgres');
  const folder = user && !isReachable(home()) ? temporaryFolder() : inside;
  mkdirSync(folder, { recursive: true });
  if (user) {
    chmodSync(folder, 0o755);
    // `nobody` makes and owns the data in it; the password beside it stays ours.
    chownSync(folder, user.uid, user.gid);
  }
  return folder;
}

function temporaryFolder(): string {
  const known = recall().postgresFolder;
  if (known && existsSync(known)) return known;
  const top = path.join(isReachable(tmpdir()) ? tmpdir() : '/tmp', `fieldguide-${homeName()}`);
  mkdirSync(top, { recursive: true, mode: 0o755 });
  const { uid } = lstatSync(top);
  if (!lstatSync(top).isDirectory() || uid !== process.getuid?.())
    throw new InfraError(`${top} belongs to somebody else, and PostgreSQL's data was to go there: remove it.`);
  const folder = path.join(top, 'postgres');
  remember({ postgresFolder: folder });
  return folder;
}

/** Whether everybody may pass through each folder on the way, and into it. */
function isReachable(folder: string): boolean {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    if (existsSync(at) && (statSync(at).mode & 0o001) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

/** The programs where they are, or a copy beside the data where `nobody` cannot reach them. */
export function reachableBinaries(user: User, folder: string): string {
  const binaries = postgresBinaries();
  const mode = statSync(path.join(binaries, 'bin/postgres')).mode;
  if (isReachable(path.join(binaries, 'bin')) && (mode & 0o005) === 0o005) return binaries;
  const copy = path.join(folder, 'programs');
  const draft = `${copy}.draft`;
  if (existsSync(copy)) return copy;
  try {
    rmSync(draft, { recursive: true, force: true });
    cpSync(binaries, draft, { recursive: true, verbatimSymlinks: true });
    for (const file of ['.', ...readdirSync(draft, { recursive: true, encoding: 'utf8' })])
      lchownSync(path.join(draft, file), user.uid, user.gid);
    renameSync(draft, copy);
  } catch (error) {
    throw new InfraError(`PostgreSQL's programs could not be copied to ${copy}: ${firstLine(error)}.`);
  }
  return copy;
}
