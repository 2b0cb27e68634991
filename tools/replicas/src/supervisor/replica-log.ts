import { createWriteStream, mkdirSync, rmSync, type WriteStream } from 'node:fs';
import path from 'node:path';

const KEPT_LINES = 15;

/** What a replica prints, in `<folder>/<replica>.log`, from the start of the shop. */
export class ReplicaLog {
  private readonly file: string;
  private readonly stream: WriteStream;
  private readonly kept: string[] = [];

  constructor(
    folder: string,
    replica: string,
    private readonly onLine: (line: string) => void,
  ) {
    mkdirSync(folder, { recursive: true });
    this.file = path.join(folder, `${replica}.log`);
    // The journal of handled messages, which the replica itself writes, begins anew with its log.
    rmSync(path.join(folder, `${replica}.jsonl`), { force: true });
    this.stream = createWriteStream(this.file);
    this.stream.on('error', () => undefined); // a full disk must not stop the shop
  }

  add(line: string): void {
    this.stream.write(`${line}\n`);
    this.kept.push(line);
    if (this.kept.length > KEPT_LINES) this.kept.shift();
    this.onLine(line);
  }

  /** Forgets the last lines, but not the file: what comes is said by another process. */
  beginAnew(): void {
    this.kept.length = 0;
  }

  get lastLine(): string | undefined {
    return this.kept.findLast((line) => line.trim() !== '');
  }

  /** The last lines and where the rest is, to be shown after a sentence about a failure. */
  get ending(): string {
    if (this.kept.length === 0) return `It printed nothing; its log is ${this.file}.`;
    return [`Its last lines (all of them are in ${this.file}):`, ...this.kept.map((line) => `  ${line}`)].join('\n');
  }

  close(): void {
    this.stream.end();
  }
}
