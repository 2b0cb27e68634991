import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import net from 'node:net';
import { InfraError } from '../infra-error.js';
import { commandOf } from './processes.js';

/** Below the range from which systems take the ports of outgoing connections: one of those could sit on ours. */
const FREE_PORTS = { from: 20_000, to: 32_000 };

/** Takes `preferred` if it is free, else says who holds it and takes a free one. On loopback, for as long as we live. */
export async function takePort(
  preferred: number,
  what: string,
  say: (line: string) => void = () => undefined,
): Promise<number> {
  const free = await isFree(preferred);
  if (free && (handedOut.has(preferred) || (await reserve(preferred)))) return preferred;
  const port = await freePort();
  say(`${what}: port ${preferred} is held by ${free ? 'another start' : holder(preferred)}; taking ${port}`);
  return port;
}

/** A port that nobody listens on, and that was handed out neither by this process nor by another one of ours. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = randomInt(FREE_PORTS.from, FREE_PORTS.to);
    if (!handedOut.has(port) && (await isFree(port)) && (await reserve(port))) return port;
  }
  throw new InfraError(`No free port was found between ${FREE_PORTS.from} and ${FREE_PORTS.to}.`);
}

const handedOut = new Set<number>();

/**
 * Between the look at a port and the moment in which a server listens there lie seconds, and a second start looks meanwhile.
 * So who takes a port holds the same number in UDP, which none of our servers needs; it is given back when the process ends,
 * however it ends.
 */
function reserve(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dgram.createSocket('udp4');
    socket.unref();
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      handedOut.add(port);
      resolve(true);
    });
  });
}

/** Asks by connecting too: macOS lets one listen on 127.0.0.1 beside somebody who listens on every address. */
export async function isFree(port: number): Promise<boolean> {
  return !(await answers('127.0.0.1', port)) && (await canListen(port));
}

/** Whether something accepts connections there. */
export function answers(host: string, port: number, withinMs = 2_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(withinMs, () => settle(false));
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Who listens on a port, as far as this user may know: `node server.js (pid 123)`. */
export function holder(port: number): string {
  const pid = process.platform === 'linux' ? holderFromProc(port) : holderFromLsof(port);
  return pid === undefined ? 'a process of another user' : `${commandOf(pid) || 'a process'} (pid ${pid})`;
}

function holderFromProc(port: number): number | undefined {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeners(table, port)));
  if (inodes.size === 0) return undefined;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => openSockets(pid).some((inode) => inodes.has(inode)));
}

function listeners(table: string, port: number): string[] {
  const address = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  try {
    return readFileSync(table, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[1]?.endsWith(address) && fields[3] === '0A')
      .map((fields) => fields[9] ?? '');
  } catch {
    return [];
  }
}

function openSockets(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

function holderFromLsof(port: number): number | undefined {
  try {
    const found = execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5_000,
    });
    return Number(found.trim().split('\n')[0]) || undefined;
  } catch {
    return undefined;
  }
}
