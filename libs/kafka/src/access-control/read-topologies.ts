import { readFileSync } from 'node:fs';
import { SettingsError } from '../errors.js';
import type { Topology } from '../topology/topology.js';

/**
 * Topologies from files, `-` for standard input: each holds one, or a list of them.
 * @throws SettingsError naming the file that can't be read, or is no topology
 */
export function readTopologies(files: readonly string[]): Topology[] {
  return files.flatMap((file) => {
    const found = parse(file, read(file));
    const all: unknown[] = Array.isArray(found) ? found : [found];
    const wrong = all.find((one) => !isTopology(one));
    if (wrong !== undefined || all.length === 0) throw new SettingsError(`${name(file)} holds no topology: ${WAY}.`);
    return all as Topology[];
  });
}

const WAY = 'what `node dist/main.js --topology` of a service prints is expected';

const name = (file: string): string => (file === '-' ? 'Standard input' : file);

function read(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new SettingsError(`${name(file)} can't be read (${(error as NodeJS.ErrnoException).code}): ${WAY}.`);
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new SettingsError(`${name(file)} is no JSON: ${WAY}.`);
  }
}

const LISTS = ['owns', 'reads', 'asks', 'answers', 'groups'] as const;

function isTopology(value: unknown): value is Topology {
  const topology = value as Partial<Topology> | null;
  return typeof topology?.service === 'string' && LISTS.every((list) => Array.isArray(topology[list]));
}
