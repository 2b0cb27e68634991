#!/usr/bin/env node
import { explain } from '@fieldguide/replicas';
import { type Options, readOptions } from './devices/options.js';
import { isNeeded, table } from './devices/table.js';
import { tryOut } from './devices/trial.js';

/** `npm run safety-devices`: what each is worth. Exit code 0: each is needed, and enough, 1: one is not, 2: nobody knows. */
try {
  process.exitCode = await safetyDevices(readOptions(process.argv.slice(2)));
} catch (error) {
  console.error(explain(error));
  // Whoever still waits for something of the shop has nothing to wait for.
  process.exit(2);
}

async function safetyDevices({ names, json }: Options): Promise<number> {
  const begun = Date.now();
  const say = (line: string): void =>
    console.error(`${((Date.now() - begun) / 1_000).toFixed(1).padStart(7)} s  ${line}`);
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort());
  const rows = await tryOut(names, { say, signal: interrupt.signal });
  console.log(json ? JSON.stringify(rows, undefined, 2) : table(rows));
  return rows.every(isNeeded) ? 0 : 1;
}
