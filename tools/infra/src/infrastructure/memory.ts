import { existsSync } from 'node:fs';
import path from 'node:path';
import { home, inHome } from '../home.js';
import { InfraError } from '../infra-error.js';
import { changeJson, readJson } from '../machine/json-file.js';
import { takePort } from '../machine/ports.js';

/** Of the broker: its data suits no other. */
type Kind = keyof typeof WHAT;

/** What the next start of this home takes again. */
interface Memory {
  ports?: Record<string, number>;
  /** What the broker's data was made for: a broker of one kind never opens that of the other. */
  kafka?: Kind;
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

/** Throws one sentence where this home holds the data of a broker of the other kind. */
export function keepApart(kind: Kind): void {
  const hasData = ['kafka/data/meta.properties', 'docker/data/kafka'].some((name) =>
    existsSync(path.join(home(), name)),
  );
  const found = recall().kafka ?? (hasData ? 'open' : kind);
  const variable = [found, kind].includes('cluster') ? 'KAFKA_NODES' : 'KAFKA_SECURED';
  if (found !== kind)
    throw new InfraError(
      `${home()} holds the data of ${WHAT[found]}, and ${variable} asks for ${WHAT[kind]}: ` +
        `change ${variable}, set FIELDGUIDE_HOME to another folder, or run npm run reset.`,
    );
  remember({ kafka: kind });
}

const WHAT = { open: 'an open broker', secured: 'a secured broker', cluster: 'three brokers' };
