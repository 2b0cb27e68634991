import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Compiler, startCompiler } from './compiler.js';

describe('the compiler of a shop', () => {
  let folder: string;
  let compiler: Compiler;
  const adopted = new Set<number>();
  const said: string[] = [];
  const compiled: number[] = [];
  // In one step: the compiler would take a file that is half written for an edit of its own.
  const write = (code: string): void => {
    writeFileSync(path.join(folder, 'main.ts'), code);
    renameSync(path.join(folder, 'main.ts'), path.join(folder, 'lib/src/main.ts'));
  };
  const eventually = async (what: string, isSo: () => boolean, meanwhile = () => {}): Promise<void> => {
    const deadline = Date.now() + 20_000;
    while (!isSo()) {
      if (Date.now() > deadline) throw new Error(`Not within 20 s: ${what}`);
      meanwhile();
      await pause(200);
    }
  };

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'compiler-'));
    for (const [project, references] of [
      ['lib', []],
      ['app', [{ path: '../lib' }]],
    ] as const) {
      mkdirSync(path.join(folder, project, 'src'), { recursive: true });
      const compilerOptions = { composite: true, rootDir: 'src', outDir: 'dist', types: [] };
      const config = { compilerOptions, include: ['src/**/*.ts'], references };
      writeFileSync(path.join(folder, project, 'tsconfig.json'), JSON.stringify(config));
      writeFileSync(path.join(folder, project, 'src/main.ts'), 'export const answer = 1;');
    }
    compiler = await startCompiler({
      projects: [path.join(folder, 'app')],
      lease: { adopt: (pid) => void adopted.add(pid), disown: (pid) => void adopted.delete(pid) },
      say: (line) => void said.push(line),
      onCompiled: (errors) => void compiled.push(errors),
    });
  });
  afterEach(async () => {
    compiler.kill();
    await compiler.ended;
    rmSync(folder, { recursive: true });
  });

  it('tells after each edit how many errors there are, and which', async () => {
    await eventually('compiled', () => compiled.length === 1);
    let edits = 0;
    // An edit in the moment in which it begins to watch can escape it; the next one does not.
    const edit = () => write(`export const answer: string = 1; // ${++edits}`);
    await eventually('compiled again', () => compiled.length > 1, edit);

    expect(compiled.slice(0, 2)).toEqual([0, 1]);
    expect(said.join('\n')).toMatch(/main\.ts\(1,14\): error TS2322/);
  }, 45_000);

  it('is known to the lease, and ends at once', async () => {
    expect(adopted.size).toBe(1);

    compiler.kill();
    await compiler.ended;

    expect(adopted.size).toBe(0);
  });
});
