import { inHome } from '../home.js';
import { changeJson, readJson } from '../machine/json-file.js';
import { takePort } from '../machine/ports.js';

/** What the next start of this home takes again. */
interface Memory {
  ports?: Record<string, number>;
  /** Where PostgreSQL's data lies, if not in the home. */
  postgresFolder?: string;
}

const file = (): string => inHome('memory.json');

export const recall = (): Memory => readJson<Memory>(file()) ?? {};

export function remember(patch: Memory): void {
  changeJson<Memory>(file(), (memory) => ({ ...memory, ...patch, ports: { ...memory?.ports, ...patch.ports } }));
}

/** The port of the last time, else the usual one, else a free one. */
export async function portFor(what: string, usual: number, say: (line: string) => void): Promise<number> {
  const port = await takePort(recall().ports?.[what] ?? usual, what, say);
  remember({ ports: { [what]: port } });
  return port;
}
