import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { home } from '@fieldguide/infra';
import { ShopError } from '../shop-error.js';
import type { ControlIdentity } from './control-server.js';

/** Who runs the shop of a home. */
export interface Claim {
  pid: number;
  /** Its control endpoint. */
  url: string;
}

const claimFile = (): string => path.join(home(), 'supervisor.json');

/**
 * Makes this process the one that runs the shop of this home, unless another one lives that does. Returns what gives
 * the home back.
 */
export async function claimHome(url: string): Promise<() => void> {
  const file = claimFile();
  mkdirSync(path.dirname(file), { recursive: true });
  for (let attempt = 0; attempt < 5; attempt++) {
    if (tryToClaim(file, { pid: process.pid, url })) return () => rmSync(file, { force: true });
    const other = readClaim(file);
    if (other && (await isHeld(other)))
      throw new ShopError(
        `A shop runs in ${home()} already (pid ${other.pid}): stop it first, or give this one another home with FIELDGUIDE_HOME.`,
      );
    rmSync(file, { force: true });
  }
  throw new ShopError(`${file} cannot be written: another shop starts in the same home.`);
}

/** The claim of a process that lives. A killed shop leaves one behind, which is not returned. */
export function livingClaim(): Claim | undefined {
  const claim = readClaim(claimFile());
  return claim && isAlive(claim.pid) ? claim : undefined;
}

/** Whether the claim's own process answers: its pid may be another process's by now. */
async function isHeld({ pid, url }: Claim): Promise<boolean> {
  if (!isAlive(pid)) return false;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    const identity = (await response.json()) as Partial<ControlIdentity>;
    return identity.shop === 'fieldguide' && identity.pid === pid;
  } catch {
    return false;
  }
}

function tryToClaim(file: string, claim: Claim): boolean {
  try {
    writeFileSync(file, JSON.stringify(claim), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readClaim(file: string): Claim | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Claim;
  } catch {
    return undefined;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
