import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';

/** One handled message. */
export interface JournalEntry {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly group: string;
  readonly handler: string;
  readonly attempt: number;
  readonly outcome: string;
  readonly correlationId: string;
  /** The message's identity. */
  readonly id: string;
  readonly type: string;
  readonly key: string | null;
}

/** Writes each handled message as one JSON line: in development and tests the trace of what went where. */
export class Journal {
  readonly #stream: WriteStream | undefined;

  constructor(
    folder: string | undefined,
    private readonly replica: string,
  ) {
    if (!folder) return;
    mkdirSync(folder, { recursive: true });
    this.#stream = createWriteStream(join(folder, `${replica}.jsonl`), { flags: 'a' });
    // A full disk must not take the service down with it.
    this.#stream.on('error', () => undefined);
  }

  write(entry: JournalEntry): void {
    if (!this.#stream) return;
    const line = { time: new Date().toISOString(), ...entry, offset: entry.offset.toString(), replica: this.replica };
    this.#stream.write(`${JSON.stringify(line)}\n`);
  }

  close(): Promise<void> {
    return new Promise((resolve) => (this.#stream ? this.#stream.end(resolve) : resolve()));
  }
}
