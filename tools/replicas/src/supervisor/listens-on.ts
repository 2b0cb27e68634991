import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Whether it is this process that listens on a TCP port; true where that cannot be found out. */
export function listensOn(pid: number, port: number): boolean {
  try {
    return process.platform === 'linux' ? byProc(pid, port) : byLsof(pid, port);
  } catch (error) {
    return !isGone(error);
  }
}

// A process that has ended listens nowhere, whoever answers on its port.
const isGone = (error: unknown): boolean => ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '');

function byProc(pid: number, port: number): boolean {
  // Ended, and its parent has not heard of it yet: its files can't be read by an ordinary user.
  if (/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) return false;
  const sockets = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeners(table, port)));
  return readdirSync(`/proc/${pid}/fd`).some((fd) => sockets.has(linkOf(`/proc/${pid}/fd/${fd}`)));
}

/** The listening sockets of a port, named as the links in `/proc/<pid>/fd` name them. */
function listeners(table: string, port: number): string[] {
  const LISTENING = '0A';
  const address = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return rowsOf(table)
    .map((row) => row.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(address) && state === LISTENING)
    .map((fields) => `socket:[${fields[9]}]`);
}

function rowsOf(table: string): string[] {
  try {
    return readFileSync(table, 'utf8').split('\n');
  } catch {
    return []; // a system without IPv6 has no table for it
  }
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return ''; // closed since it was listed
  }
}

function byLsof(pid: number, port: number): boolean {
  const wanted = ['-nP', '-a', '-p', String(pid), `-iTCP:${port}`, '-sTCP:LISTEN', '-t'];
  try {
    return execFileSync('lsof', wanted, { encoding: 'utf8', timeout: 5_000 }).trim() !== '';
  } catch (error) {
    // lsof ends with 1 when it finds nothing.
    if ((error as { status?: number }).status === 1) return false;
    throw error;
  }
}
