import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';

/** One message that a replica handled to its end: a line of its journal. */
export interface Hop {
  time: string;
  topic: string;
  partition: number;
  offset: string;
  group: string;
  replica: string;
  handler: string;
  attempt: number;
  outcome: string;
  correlationId: string;
  id: string;
}

/** What all replicas write into their journals (`<replica>.jsonl`) from now on. */
export class Journals {
  private readonly readTo = new Map<string, number>();
  /** Of each journal, the beginning of a line whose end is not there yet. */
  private readonly halfLines = new Map<string, Buffer>();

  constructor(private readonly folder: string) {
    for (const file of this.files()) this.readTo.set(file, readFrom(file, Number.MAX_SAFE_INTEGER).end);
  }

  /** The lines that were written since it was asked last, by time. */
  next(): Hop[] {
    const hops = this.files().flatMap((file) => this.newLines(file).flatMap(parse));
    return hops.sort((a, b) => a.time.localeCompare(b.time));
  }

  private newLines(file: string): string[] {
    const { bytes, end } = readFrom(file, this.readTo.get(file) ?? 0);
    this.readTo.set(file, end);
    const text = Buffer.concat([this.halfLines.get(file) ?? Buffer.alloc(0), bytes]);
    const whole = text.lastIndexOf('\n') + 1;
    this.halfLines.set(file, text.subarray(whole));
    return text.toString('utf8', 0, whole).split('\n');
  }

  private files(): string[] {
    try {
      const names = readdirSync(this.folder).filter((name) => name.endsWith('.jsonl'));
      return names.map((name) => path.join(this.folder, name));
    } catch {
      return []; // nothing was handled yet
    }
  }
}

function parse(line: string): Hop[] {
  try {
    return [JSON.parse(line) as Hop];
  } catch {
    return []; // the empty one after the last, or one that a kill cut off
  }
}

/** What stands in a file after a position. A file that has become shorter was begun anew: it is read from its start. */
function readFrom(file: string, position: number): { bytes: Buffer; end: number } {
  const handle = openSync(file, 'r');
  try {
    const { size } = fstatSync(handle);
    if (position === Number.MAX_SAFE_INTEGER) return { bytes: Buffer.alloc(0), end: size };
    const start = position > size ? 0 : position;
    const bytes = Buffer.alloc(size - start);
    const read = readSync(handle, bytes, 0, bytes.length, start);
    return { bytes: bytes.subarray(0, read), end: start + read };
  } finally {
    closeSync(handle);
  }
}
