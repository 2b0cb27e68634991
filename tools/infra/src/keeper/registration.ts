import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { InfraError } from '../infra-error.js';
import { readJson, writeJson } from '../machine/json-file.js';
import { withLock } from '../machine/lock.js';
import { identify, isAlive, type ProcessId } from '../machine/processes.js';

/** What a home knows of its keeper. */
export interface Registration extends ProcessId {
  readonly socket: string;
}

const file = (home: string): string => path.join(home, 'keeper.json');

/** The keeper of a home; undefined where none lives. */
export function livingKeeper(home: string): Registration | undefined {
  const known = readJson<Registration>(file(home));
  return known && isAlive(known) ? known : undefined;
}

/** Makes this process the home's keeper, and tells where to listen; undefined where there is one already. */
export function register(home: string): Registration | undefined {
  const self = identify(process.pid);
  if (!self) throw new InfraError('This system does not tell when a process began (neither /proc nor ps).');
  return withLock(path.join(home, 'keeper.lock'), () => {
    if (livingKeeper(home)) return undefined;
    const registration = { ...self, socket: socketOf(home) };
    rmSync(registration.socket, { force: true });
    writeJson(file(home), registration);
    return registration;
  });
}

export function unregister(home: string, { socket }: Registration): void {
  withLock(path.join(home, 'keeper.lock'), () => {
    rmSync(socket, { force: true });
    rmSync(file(home), { force: true });
    removeIfEmpty(path.dirname(socket));
  });
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // The keeper of another home has its socket there.
  }
}

/** Not in the home: the path of a socket has at most 107 bytes (macOS: 103), and a clone may lie deep. */
function socketOf(home: string): string {
  const user = process.getuid?.() ?? userInfo().username;
  const name = `${createHash('sha256').update(home).digest('hex').slice(0, 16)}.sock`;
  const folder = [tmpdir(), '/tmp']
    .map((top) => path.join(top, `fieldguide-${user}`))
    .find((candidate) => Buffer.byteLength(path.join(candidate, name)) <= 103);
  if (!folder) throw new InfraError(`The temporary folder ${tmpdir()} has too long a name for a socket.`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(folder);
  if (!lstatSync(folder).isDirectory() || (process.getuid && uid !== process.getuid()) || (mode & 0o077) !== 0)
    throw new InfraError(`${folder} must be a folder of yours that is closed to others: remove it.`);
  return path.join(folder, name);
}
