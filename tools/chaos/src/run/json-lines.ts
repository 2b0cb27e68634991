import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A file of JSON lines that is begun anew. A line is there when `add` returns: a killed run leaves what it knew. */
export class JsonLines {
  constructor(private readonly file: string) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, '');
  }

  add(line: object): void {
    appendFileSync(this.file, `${JSON.stringify(line)}\n`);
  }
}
