import { home } from '@fieldguide/infra';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One message that a replica handled to its end. */
export interface Handled {
  readonly time: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly group: string;
  readonly replica: string;
  readonly handler: string;
  readonly attempt: number;
  readonly outcome: string;
  readonly correlationId: string;
  readonly id: string;
  readonly key: string | null;
}

/** What the replicas of this home say that they handled, in no order across replicas. */
export function readJournal(wanted: Partial<Handled>): Handled[] {
  const folder = join(home(), 'log');
  const files = readdirSync(folder).filter((file) => file.endsWith('.jsonl'));
  return files
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'))
    .flatMap(readLine)
    .filter((entry) => Object.entries(wanted).every(([field, value]) => entry[field as keyof Handled] === value));
}

/** A line that `kill -9` cut in half runs into the next one: what is no JSON says nothing. */
function readLine(line: string): Handled[] {
  try {
    return [JSON.parse(line) as Handled];
  } catch {
    return [];
  }
}
