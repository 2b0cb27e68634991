import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { workspaceRoot } from '../home.js';
import { InfraError } from '../infra-error.js';
import { identify, isAlive, type ProcessId } from '../machine/processes.js';
import { within } from '../machine/until.js';
import { VARIABLES } from '../settings.js';
import { environment } from '../workspace.js';
import type { Extent } from '../infrastructure/prepare.js';
import { type Facts, listen, type Message, send } from './protocol.js';
import { livingKeeper } from './registration.js';

const MAIN = path.join(workspaceRoot, 'tools/infra/dist/keeper/main.js');
const MOST_STARTS = 3;
const WELCOME_WITHIN_MS = 10_000;
const STOPPED_WITHIN_MS = 30_000;
/** Long, because Maven or Docker may have to fetch what they need; each of those has a deadline of its own. */
const READY_WITHIN_MS = 20 * 60_000;

export interface Visit {
  readonly home: string;
  readonly name: string;
  readonly say: (line: string) => void;
  readonly extent?: Extent;
}

/** A lease, and the connection that is it. */
export interface Connection {
  readonly socket: net.Socket;
  readonly facts: Facts;
  /** Hears what the keeper says from now on. */
  hear(listener: (message: Message) => void): void;
}

/** A lease of the home's keeper, which is started where there is none. */
export async function connect(visit: Visit): Promise<Connection> {
  const deadline = Date.now() + READY_WITHIN_MS;
  let starts = 0;
  let losses = 0;
  let starting: ProcessId | undefined;
  while (Date.now() < deadline) {
    const socket = await open(visit.home);
    if (socket) {
      const outcome = await acquire(socket, visit, deadline - Date.now());
      if (typeof outcome === 'object') return outcome;
      // One that was just killed may still have accepted the connection.
      if (outcome === 'lost' && ++losses === MOST_STARTS)
        throw new InfraError(`The keeper of ${visit.home} ended: ${lastWords(visit.home)}`);
      starts = 0;
    } else if (!livingKeeper(visit.home) && !(starting && isAlive(starting))) {
      // One that found another keeper ends at once, and is no failure: that one may have ended since.
      if (starts === MOST_STARTS)
        throw new InfraError(`The keeper of ${visit.home} did not start: ${lastWords(visit.home)}`);
      starting = await startKeeper(visit);
      starts += 1;
    }
    await pause(25);
  }
  throw new InfraError(`The keeper of ${visit.home} was not ready within ${READY_WITHIN_MS / 60_000} minutes.`);
}

/** A connection to the keeper that lives; undefined where none listens. */
export async function open(home: string): Promise<net.Socket | undefined> {
  const keeper = livingKeeper(home);
  if (!keeper) return undefined;
  return new Promise((resolve) => {
    const socket = net.connect(keeper.socket);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}

/** `stopping` and `lost`: that keeper is gone now, and another one can be had. */
async function acquire(socket: net.Socket, visit: Visit, withinMs: number): Promise<Connection | 'stopping' | 'lost'> {
  let listener: (message: Message) => void = () => undefined;
  let welcomed = (): void => undefined;
  const welcome = new Promise<void>((resolve) => (welcomed = resolve));
  const verdict = new Promise<Facts | 'stopping' | 'lost'>((resolve, reject) => {
    socket.on('error', () => undefined);
    socket.once('close', () => resolve('lost'));
    listen<Message>(socket, (message) => {
      welcomed();
      if (message.type === 'ready') resolve(message.facts);
      if (message.type === 'stopping') resolve('stopping');
      if (message.type === 'refused') reject(new InfraError(message.message));
      if (message.type === 'say') visit.say(message.line);
      listener(message);
    });
  });
  verdict.catch(() => undefined);
  send(socket, { type: 'acquire', name: visit.name, pid: process.pid, settings: wanted() });
  try {
    const silent = (): InfraError => silence(visit.home);
    await within('The keeper', WELCOME_WITHIN_MS, Promise.race([welcome, verdict]), silent);
    const facts = await within('Infrastructure', withinMs, verdict);
    if (typeof facts === 'object') return { socket, facts, hear: (hears) => (listener = hears) };
    await gone(socket);
    return facts;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** The variables that choose the infrastructure: the keeper says if it runs another. */
function wanted(): Record<string, string> {
  const env = environment();
  return Object.fromEntries(VARIABLES.map((name) => [name, env[name] ?? '']));
}

/** Outside of this process's tree, which Nx ends as a whole: the shell between the two ends at once. */
async function startKeeper({ home, extent }: Visit): Promise<ProcessId | undefined> {
  if (!existsSync(MAIN)) throw new InfraError('tools/infra is not built: run npx tsc -b tools/infra.');
  const log = path.join(home, 'log', 'keeper.log');
  mkdirSync(path.dirname(log), { recursive: true });
  const output = openSync(log, 'a');
  const { NODE_OPTIONS: _flagsOfTests, ...env } = process.env;
  const keeper = [process.execPath, '--enable-source-maps', MAIN, JSON.stringify(extent ?? {})];
  const shell = spawn('/bin/sh', ['-c', '"$@" </dev/null >&3 2>&3 & echo $!', 'sh', ...keeper], {
    detached: true,
    stdio: ['ignore', 'pipe', output, output],
    cwd: home,
    env: { ...env, FIELDGUIDE_HOME: home, NODE_ENV: 'development' },
  });
  closeSync(output);
  const said = new Promise<string>((resolve, reject) => {
    let text = '';
    shell.once('error', reject);
    shell.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    shell.once('close', () => resolve(text));
  });
  return identify(Number(await within('Starting the keeper', WELCOME_WITHIN_MS, said)));
}

async function gone(socket: net.Socket): Promise<void> {
  if (socket.destroyed) return;
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await within('Waiting for the keeper to stop', STOPPED_WITHIN_MS, closed);
}

function silence(home: string): InfraError {
  const pid = livingKeeper(home)?.pid;
  return new InfraError(
    `The keeper of ${home} (pid ${pid}) does not answer: end it by kill -9 ${pid}, and start again.`,
  );
}

function lastWords(home: string): string {
  const log = path.join(home, 'log', 'keeper.log');
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
  return `${(lines.at(-1) ?? '').replace(/^\S+Z /, '')} (see ${log})`;
}
