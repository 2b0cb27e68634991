import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { workspaceRoot } from '@fieldguide/infra';
import { Child, type Lease } from '../supervisor/child.js';

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

/** Compiles again whenever a source changes. It takes seconds to hear SIGTERM, so it is killed. */
export async function startCompiler({ projects, lease, say, onCompiled }: CompilerOptions): Promise<Compiler> {
  const options = ['-b', '--watch', '--preserveWatchOutput', '--pretty', 'false'];
  const compiler = new Child({
    command: await nativeCompiler(),
    args: [...options, ...projects],
    env: process.env,
    cwd: workspaceRoot,
    lease,
    onLine: (line) => hear(line, say, onCompiled),
  });
  return { ended: compiler.ended.then(() => undefined), kill: () => void compiler.signal('SIGKILL') };
}

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
