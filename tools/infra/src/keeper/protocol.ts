import type { Socket } from 'node:net';
import type { ConsoleLines } from '../parts/part.js';
import type { Choice, Part } from '../system.js';

/** What a holder of a lease says to the keeper: one JSON text a line, over a socket that only this user can open. */
export type Request =
  | { type: 'acquire'; name: string; pid: number; settings: Wanted }
  | { type: 'adopt' | 'disown'; pid: number }
  | { type: 'ask'; id: number; question: Question }
  | { type: 'release' }
  | { type: 'stop' };

export type PartAction = 'kill' | 'stop' | 'start' | 'pause' | 'resume';

export type Question =
  | { what: 'database'; service: string }
  | { what: 'broker'; action: PartAction; node?: number }
  | { what: 'part'; part: Part; action: PartAction; node?: number }
  | { what: 'console-producer'; given: ConsoleLines };

/** What the keeper says. */
export type Message =
  | { type: 'welcome' }
  | { type: 'say'; line: string }
  | { type: 'ready'; facts: Facts }
  | { type: 'refused'; message: string }
  /** It is on its way out: come back when it is gone. */
  | { type: 'stopping' }
  | { type: 'answer'; id: number; value?: string; error?: string }
  | { type: 'released' };

/** The variables of the acquirer that choose the infrastructure. */
export type Wanted = Record<string, string>;

/** What runs, for those who hold a lease. */
export interface Facts {
  readonly kafka: string;
  readonly mailUrl: string;
  /** The database server, with a user who may create databases. */
  readonly databaseServer: string;
  readonly env: Record<string, string>;
  readonly choices: Choice[];
  /** Passwords of the users of a secured broker of ours; absent where it is open, or somebody else's. */
  readonly users?: Record<string, string>;
}

export function send(socket: Socket, message: Request | Message): void {
  if (!socket.destroyed && socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

/** Calls `hear` for each whole line. */
export function listen<T extends Request | Message>(socket: Socket, hear: (message: T) => void): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = parse<T>(line);
      if (message === undefined) return void socket.destroy();
      hear(message);
    }
  });
}

function parse<T>(line: string): T | undefined {
  try {
    return JSON.parse(line) as T;
  } catch {
    return undefined;
  }
}
