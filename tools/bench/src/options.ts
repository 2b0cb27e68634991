import { parseArgs } from 'node:util';

export interface Options {
  /** Names of cells; empty: all. */
  readonly cells: readonly string[];
  readonly rounds: number;
  /** Sizes so small that nothing is measured: shows that every cell runs. */
  readonly quick: boolean;
  /** A cell to be profiled instead. */
  readonly profile: string | undefined;
}

const ROUNDS = 2;

/** @throws Error naming what is wrong */
export function readOptions(args: readonly string[], known: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cells: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const cells = values.cells?.split(',').map((name) => name.trim()) ?? [];
  const unknown = [...cells, ...(values.profile ? [values.profile] : [])].filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`No cell ${unknown.join(', ')}. There are: ${known.join(', ')}.`);
  const rounds = values.rounds === undefined ? ROUNDS : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds ${values.rounds}: a whole number is needed.`);
  return { cells, rounds, quick: values.quick, profile: values.profile };
}
