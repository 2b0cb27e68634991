import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** A process, told apart from a later one that got the same number. */
export interface ProcessId {
  readonly pid: number;
  /** When it began, in the words of the system. */
  readonly began: string;
  /** Whether it leads a process group: its children are then ended with it. */
  readonly leads: boolean;
}

/** The process that has this number now; undefined where there is none, or only the remains of one. */
export function identify(pid: number): ProcessId | undefined {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

export function isAlive(known: ProcessId): boolean {
  return identify(known.pid)?.began === known.began;
}

/** Sends a signal to exactly this process (and its group, where it leads one); false where it is gone. */
export function signal(known: ProcessId, name: NodeJS.Signals): boolean {
  if (!isAlive(known)) return false;
  try {
    process.kill(known.leads ? -known.pid : known.pid, name);
    return true;
  } catch {
    return false;
  }
}

const FROZEN_WITHIN_MS = 5_000;

/**
 * SIGSTOP, and waits until it stands still: one thread takes the signal and stops the others, and on a busy machine these
 * go on until it has its turn. A broker answered a request after the signal.
 */
export async function freeze(known: ProcessId): Promise<void> {
  if (!signal(known, 'SIGSTOP')) return;
  const deadline = Date.now() + FROZEN_WITHIN_MS;
  while (!standsStill(known.pid)) {
    if (Date.now() > deadline) throw new Error(`Process ${known.pid} goes on after SIGSTOP.`);
    await pause(5);
  }
}

/** Whether it has heard a SIGSTOP, with all its threads. */
export function standsStill(pid: number): boolean {
  if (process.platform !== 'linux') {
    return execFileSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8', timeout: 5_000 }).startsWith(
      'T',
    );
  }
  return readdirSync(`/proc/${pid}/task`).every((thread) => {
    try {
      return stateOf(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')) === 'T';
    } catch {
      return true; // ended meanwhile
    }
  });
}

/** Asks it to end, and kills it when it has not done so in time. A frozen process is woken, so that it can hear. */
export async function end(known: ProcessId, ask: NodeJS.Signals, withinMs: number): Promise<void> {
  if (signal(known, ask)) signal(known, 'SIGCONT');
  if (!(await isGone(known, withinMs))) {
    signal(known, 'SIGKILL');
    await isGone(known, 5_000);
  }
  if (known.leads) killGroup(known.pid);
}

async function isGone(known: ProcessId, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (isAlive(known)) {
    if (Date.now() > deadline) return false;
    await pause(20);
  }
  return true;
}

/** Children that outlived the leader. As long as there are any, no new process can get the number of the group. */
function killGroup(group: number): void {
  if (identify(group)) return;
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // None did.
  }
}

/** The command line of a process, for people. */
export function commandOf(pid: number): string {
  try {
    const line =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
        : execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8', timeout: 5_000 }).trim();
    return line.length > 80 ? `${line.slice(0, 79)}…` : line;
  } catch {
    return '';
  }
}

function fromProc(pid: number): ProcessId | undefined {
  try {
    const fields = fieldsOf(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return { pid, began: `${bootId()}/${fields[19]}`, leads: fields[2] === String(pid) };
  } catch {
    return undefined;
  }
}

/** The name in brackets may itself hold spaces and brackets; what follows the last one is split by spaces. */
const fieldsOf = (stat: string): string[] => stat.slice(stat.lastIndexOf(')') + 2).split(' ');
const stateOf = (stat: string): string | undefined => fieldsOf(stat)[0];

// Start times are counted from the boot: without its name, a process of another boot could look the same.
let boot: string | undefined;
const bootId = (): string => (boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());

function fromPs(pid: number): ProcessId | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'pgid=,stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5_000,
    });
    const [group, state, ...began] = line.trim().split(/\s+/);
    if (state?.startsWith('Z')) return undefined;
    return { pid, began: began.join(' '), leads: group === String(pid) };
  } catch {
    return undefined;
  }
}
