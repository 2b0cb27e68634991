import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { workspaceRoot } from '@fieldguide/infra';

describe('a program that runs apart', () => {
  let starter: ChildProcess;
  let said: string[];
  let isReady: Promise<void>;
  /** Nobody who could still print something is left. */
  let isSilent: Promise<unknown>;

  beforeEach(() => {
    starter = startInProcessOfItsOwn();
    said = [];
    if (!starter.stdout) throw new Error('it has no output');
    const lines = createInterface({ input: starter.stdout });
    isReady = new Promise((resolve) => {
      lines.on('line', (line) => void (said.push(line) && line.startsWith('runs') && resolve()));
    });
    isSilent = once(lines, 'close');
  });
  afterEach(() => {
    starter.kill('SIGKILL');
  });

  it('is in nobody’s process tree, and closes when it is asked to; its exit code is known to who began it', async () => {
    await isReady;
    expect(ancestorsOf(Number(said[0]?.split(' ')[1]))).not.toContain(starter.pid);

    starter.kill('SIGTERM');

    expect(await once(starter, 'exit')).toEqual([7, null]);
    expect(said.slice(1)).toEqual(['closes']);
  }, 60_000);

  it('closes when who began it is killed', async () => {
    await isReady;

    starter.kill('SIGKILL');
    await isSilent;

    expect(said.slice(1)).toEqual(['closes']);
  }, 60_000);
});

function ancestorsOf(pid: number): number[] {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const parents = new Map(rows.map((row) => row.trim().split(/\s+/).map(Number) as [number, number]));
  const ancestors: number[] = [];
  for (let next = parents.get(pid); next; next = parents.get(next)) ancestors.push(next);
  return ancestors;
}

function startInProcessOfItsOwn(): ChildProcess {
  const NODE_OPTIONS = '--conditions=@fieldguide/source --import=@swc-node/register/esm-register';
  return spawn(process.execPath, [path.join(import.meta.dirname, '../fakes/fake-starter.ts')], {
    cwd: workspaceRoot,
    env: { ...process.env, NODE_OPTIONS },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
