import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { environment, workspaceRoot } from './workspace.js';

export { workspaceRoot } from './workspace.js';

/**
 * Folder in which a running system keeps what it knows: `$FIELDGUIDE_HOME`, else `.local` of the clone, and within it
 * `secured` under KAFKA_SECURED=1, `cluster` under KAFKA_NODES=3. Everything that runs belongs to one home, so that two homes run side by side.
 */
export function home(): string {
  const folder = process.env['FIELDGUIDE_HOME'];
  if (folder) return path.resolve(folder);
  const { KAFKA_SECURED, KAFKA_NODES } = environment();
  const kind = isSecured(KAFKA_SECURED) ? ['secured'] : isCluster(KAFKA_NODES) ? ['cluster'] : [];
  return path.join(workspaceRoot, '.local', ...kind);
}

/** Whether KAFKA_SECURED says yes. */
export const isSecured = (value: string | undefined): boolean => value === '1' || value === 'true';

/** Whether KAFKA_NODES asks for several brokers. */
export const isCluster = (value: string | undefined): boolean => value === '3';

/** The path of something in the home; the folder it lies in is made. */
export function inHome(...parts: string[]): string {
  const file = path.join(home(), ...parts);
  mkdirSync(path.dirname(file), { recursive: true });
  return file;
}

/** The same name for the same home, always, and another for every other home: for things that lie outside of it. */
export function homeName(): string {
  return createHash('sha256').update(home()).digest('hex').slice(0, 12);
}
