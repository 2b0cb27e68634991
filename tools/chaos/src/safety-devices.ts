#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { explain, ShopError } from '@fieldguide/replicas';
import { DEVICES } from './devices/devices.js';
import { isNeeded, table } from './devices/table.js';
import { tryOut } from './devices/trial.js';
import type { DeviceName } from './devices/variants/take-out.js';

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

interface Options {
  readonly names: readonly DeviceName[];
  readonly json: boolean;
}

function readOptions(args: readonly string[]): Options {
  const all = Object.keys(DEVICES) as DeviceName[];
  const { only, json = false } = parse(args);
  if (only === undefined) return { names: all, json };
  const wanted = only.split(',').map((name) => name.trim());
  const unknown = wanted.filter((name) => !all.some((known) => known === name));
  if (unknown.length > 0)
    throw new ShopError(`--only does not know ${unknown.join(', ')}; the devices are ${all.join(', ')}.`);
  return { names: all.filter((name) => wanted.includes(name)), json };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: { only: { type: 'string' }, json: { type: 'boolean' } } }).values;
  } catch (error) {
    throw new ShopError(
      `${(error as Error).message.split(/\. |\.$/)[0]}. The options are --only <device,device> and --json.`,
    );
  }
}
