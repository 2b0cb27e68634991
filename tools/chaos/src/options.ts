import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { ShopError } from '@fieldguide/replicas';
import { isKind, KIND_NAMES, type KindName } from './schedule/kinds.js';

export interface Options {
  readonly faults: number;
  readonly seed: number;
  /** Orders a second. */
  readonly rate: number;
  /** Only these kinds; what a run of this length has where nothing is said. */
  readonly only: readonly KindName[] | undefined;
  /** How many faults there may be at once. */
  readonly overlap: number;
  /** The shop of this home that runs, in place of one that is started for it. */
  readonly running: boolean;
  readonly externalToo: boolean;
  readonly json: boolean;
  /** Only tells which kinds there are. */
  readonly kinds: boolean;
}

const OPTIONS = {
  faults: { type: 'string' },
  seed: { type: 'string' },
  rate: { type: 'string' },
  only: { type: 'string' },
  overlap: { type: 'string' },
  running: { type: 'boolean' },
  'external-too': { type: 'boolean' },
  json: { type: 'boolean' },
  kinds: { type: 'boolean' },
} as const;

const USAGE =
  'The options are --faults <1..1000> (30), --seed <number> (any), --rate <orders a second, 1..200> (10), --only <kind,kind>, ' +
  '--overlap <faults at once, 1..4> (2), --running, --external-too, --json, --kinds.';
const LARGEST_SEED = 2 ** 31 - 1;

export function readOptions(args: readonly string[]): Options {
  const given = parse(args);
  return {
    faults: readNumber('--faults', given.faults ?? '30', 1, 1_000),
    seed: readNumber('--seed', given.seed ?? String(randomInt(1, 100_000)), 1, LARGEST_SEED),
    rate: readNumber('--rate', given.rate ?? '10', 1, 200),
    overlap: readNumber('--overlap', given.overlap ?? '2', 1, 4),
    only: given.only === undefined ? undefined : readKinds(given.only),
    running: given.running ?? false,
    externalToo: given['external-too'] ?? false,
    json: given.json ?? false,
    kinds: given.kinds ?? false,
  };
}

/** The command that does the same once more. */
export function commandOf({ faults, seed, rate, overlap, only, running, externalToo }: Options): string {
  const numbers = `--faults ${faults} --seed ${seed} --rate ${rate}${overlap === 2 ? '' : ` --overlap ${overlap}`}`;
  const flags = `${running ? ' --running' : ''}${externalToo ? ' --external-too' : ''}`;
  return `npm run chaos -- ${numbers}${only ? ` --only ${only.join(',')}` : ''}${flags}`;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new ShopError(`${(error as Error).message.split(/\. |\.$/)[0]}. ${USAGE}`);
  }
}

function readNumber(name: string, text: string, from: number, to: number): number {
  const number = Number(text);
  if (text !== '' && Number.isInteger(number) && number >= from && number <= to) return number;
  throw new ShopError(`${name} takes a whole number from ${from} to ${to}, not ${JSON.stringify(text)}.`);
}

function readKinds(text: string): KindName[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !isKind(name));
  if (unknown.length > 0)
    throw new ShopError(`--only does not know ${unknown.join(', ')}; the kinds are ${KIND_NAMES.join(', ')}.`);
  return [...new Set(names.filter(isKind))];
}
