import path from 'node:path';
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

/** Compiles again whenever a source changes. Where `tsc` is a shim, the group it leads is ended with it. */
export function startCompiler({ projects, lease, say, onCompiled }: CompilerOptions): Child {
  return new Child({
    command: process.execPath,
    args: [
      path.join(workspaceRoot, 'node_modules/@typescript/native/bin/tsc'),
      ...['-b', '--watch', '--preserveWatchOutput', '--pretty', 'false'],
      ...projects,
    ],
    env: process.env,
    cwd: workspaceRoot,
    lease,
    onLine: (line) => {
      const found = /Found (\d+) errors?\./.exec(line);
      if (found) onCompiled(Number(found[1]));
      else if (!/^\s*$|Starting compilation|Starting incremental compilation/.test(line)) say(line);
    },
  });
}
