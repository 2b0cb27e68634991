import { onCore } from '@fieldguide/infra';
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import type { Outcome, Task } from '../measured/task.js';

const MAIN = path.resolve(import.meta.dirname, '../measured/main.js');
/** Against hanging: a million messages on a busy machine take their time. */
const WITHIN_MS = 1_200_000;

/** A fresh process for one task, on its own core where that can be had. NODE_ENV: libraries time differently under `test`. */
export async function start(task: Task, core: number | undefined): Promise<ChildProcess> {
  const node = [...process.execArgv, MAIN, JSON.stringify(task)];
  const { command, args } = await onCore(core, process.execPath, node);
  return spawn(command, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '', KAFKAJS_NO_PARTITIONER_WARNING: '1' },
  });
}

/** Runs one task in a process of its own. Throws where that process ends without an outcome, or does not end in time. */
export async function run(task: Task, core: number | undefined): Promise<Outcome> {
  const child = await start(task, core);
  return new Promise((resolve, reject) => {
    const giveUp = setTimeout(() => child.kill('SIGKILL'), WITHIN_MS);
    let outcome: Outcome | undefined;
    child.once('message', (message) => (outcome = message as Outcome));
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(giveUp);
      if (outcome) resolve(outcome);
      else reject(new Error(`${task.program} ended without an outcome (${signal ?? `exit code ${code}`}).`));
    });
  });
}
