import { parseArgs } from 'node:util';
import { ShopError } from '@fieldguide/replicas';
import { DEVICES } from './devices.js';
import type { DeviceName } from './variants/take-out.js';

export interface Options {
  readonly names: readonly DeviceName[];
  readonly json: boolean;
}

export function readOptions(args: readonly string[]): Options {
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
