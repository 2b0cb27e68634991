import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface Apart {
  /** Settles with its exit code when it has ended; with 1 where it could not say one. */
  readonly ended: Promise<number>;
  /** Asks it to close. It closes as well when we are gone, however we ended. */
  close(): void;
}

/** The descriptor of the pipe between the two. */
const PIPE = 3;

/**
 * Begins a program that is nobody's child: a shell begins it, in a session of its own, and ends at once. Whoever ends our
 * process tree, or sends Ctrl-C to our terminal, does not meet it. What it prints goes where our own output goes.
 */
export function startApart(program: URL, args: readonly string[]): Apart {
  const command = [process.execPath, '--enable-source-maps', fileURLToPath(program), ...args];
  const shell = spawn('/bin/sh', ['-c', '"$@" &', 'sh', ...command], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  const pipe = shell.stdio[PIPE] as Duplex;
  let code = 1;
  shell.once('error', (error) => {
    console.error(`/bin/sh could not be started: ${error.message}`);
    pipe.destroy();
  });
  pipe.on('data', (text: Buffer) => (code = Number(text)));
  pipe.on('error', () => undefined); // it was killed
  const ended = new Promise<number>((resolve) => pipe.once('close', () => resolve(code)));
  return { ended, close: () => void (pipe.writable && pipe.write('close')) };
}

/** The other end of the pipe: what a program that runs apart hears and says. */
export class Lifeline {
  private readonly pipe = new Socket({ fd: PIPE });

  /** @param onClose called when the one who began us asks to close, or is gone */
  constructor(onClose: () => void) {
    for (const event of ['data', 'end', 'error']) this.pipe.on(event, onClose);
  }

  /** Ends this process, and says how. */
  exit(code: number): void {
    this.pipe.end(String(code), () => process.exit(code));
  }
}
