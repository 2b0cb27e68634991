import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from '@jest/globals';
import { workspaceRoot } from '@fieldguide/infra';
import { answers } from '../fakes/fake-shop.js';

describe('a supervisor that is killed', () => {
  it('leaves nothing, because whoever keeps its lease knows every process from its first moment', async () => {
    // Who is killed cannot clean up.
    const folder = mkdtempSync(path.join(tmpdir(), 'killed-supervisor-'));
    const supervisor = startInProcessOfItsOwn(folder);
    const { adopted, urls } = await allReady(supervisor, 3);
    expect(await Promise.all(urls.map((url) => answers(url)))).toEqual([true, true, true]);

    supervisor.kill('SIGKILL');
    await once(supervisor, 'exit');
    for (const pid of adopted) process.kill(-pid, 'SIGKILL'); // as the keeper does

    for (const url of urls) await isGone(url);
    rmSync(folder, { recursive: true });
  }, 30_000);
});

function startInProcessOfItsOwn(folder: string): ChildProcess {
  return spawn(
    process.execPath,
    [
      ...['--conditions=@fieldguide/source', '--import', '@swc-node/register/esm-register'],
      path.join(import.meta.dirname, '../fakes/fake-supervisor.ts'),
    ],
    {
      cwd: workspaceRoot,
      env: { ...process.env, NODE_OPTIONS: '', TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
}

/** Plays the keeper: notes whom the supervisor gives into its care. */
async function allReady(supervisor: ChildProcess, count: number): Promise<{ adopted: Set<number>; urls: string[] }> {
  const adopted = new Set<number>();
  const urls: string[] = [];
  if (!supervisor.stdout) throw new Error('it has no output');
  for await (const line of createInterface({ input: supervisor.stdout })) {
    const [word, value = ''] = line.split(' ');
    if (word === 'adopt') adopted.add(Number(value));
    if (word === 'ready' && urls.push(value) === count) return { adopted, urls };
  }
  throw new Error(`the supervisor ended with ${urls.length} of ${count} replicas ready`);
}

async function isGone(url: string): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (await answers(url)) if (Date.now() > deadline) throw new Error(`${url} still answers after 5 s`);
}
