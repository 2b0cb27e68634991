import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { workspaceRoot } from '@fieldguide/infra';
import type { Lease } from '../supervisor/child.js';

export interface CompilerOptions {
  /** Folders of the projects; what they refer to is compiled with them. */
  projects: readonly string[];
  lease: Lease;
  /** Takes what the compiler finds wrong. */
  say: (line: string) => void;
  /** Called each time a compilation is through. */
  onCompiled: (errors: number) => void;
}

export interface Compiler {
  /** Settles when it has ended, by itself or by us. */
  readonly ended: Promise<void>;
  kill(): void;
}

/**
 * Compiles again whenever a source changes.
 *
 * It takes seconds to hear SIGTERM. Nx ends a process tree from its leaves, and would tell us only after it: the shop
 * would not close in time. So a shell begins it and ends at once, and it is nobody's child; its end is the end of its
 * output. Only the lease knows it, and we, who kill it.
 */
export async function startCompiler({ projects, lease, say, onCompiled }: CompilerOptions): Promise<Compiler> {
  const command = [await nativeCompiler(), '-b', '--watch', '--preserveWatchOutput', '--pretty', 'false', ...projects];
  const shell = spawn('/bin/sh', ['-c', '"$@" 2>&1 & echo "$!"', 'sh', ...command], {
    cwd: workspaceRoot,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  shell.on('error', (error) => say(`The compiler could not be started: ${error.message}`));
  const output = createInterface({ input: shell.stdout });
  const ended = new Promise<void>((resolve) => output.once('close', resolve));
  const pid = Number(await Promise.race([firstLine(output), ended.then(() => 0)]));
  output.on('line', (line) => hear(line, say, onCompiled));
  if (pid) lease.adopt(pid);
  let running = pid > 0;
  void ended.then(() => {
    running = false;
    lease.disown(pid);
  });
  return { ended, kill: () => void (running && process.kill(pid, 'SIGKILL')) };
}

const firstLine = (lines: Interface): Promise<string> => new Promise((resolve) => lines.once('line', resolve));

function hear(line: string, say: (line: string) => void, onCompiled: (errors: number) => void): void {
  const found = /Found (\d+) errors?\./.exec(line);
  if (found) onCompiled(Number(found[1]));
  else if (!/^\s*$|Starting compilation|Starting incremental compilation/.test(line)) say(line);
}

/** `tsc` itself is a shim that begins this program and stays beside it. */
async function nativeCompiler(): Promise<string> {
  const module = path.join(workspaceRoot, 'node_modules/@typescript/native/lib/getExePath.js');
  const { default: getExePath } = (await import(pathToFileURL(module).href)) as { default: () => string };
  return getExePath();
}
