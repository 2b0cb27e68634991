import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Incoming } from '../handling/incoming.js';

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

  get isWritten(): boolean {
    return this.#stream !== undefined;
  }

  note(incoming: Incoming, group: string, handler: string, outcome: string): void {
    if (!this.#stream) return;
    const { topic, partition, offset, key } = incoming.record;
    const { id, type, correlationId, attempt } = incoming;
    const line = {
      time: new Date().toISOString(),
      topic,
      partition,
      offset: offset.toString(),
      group,
      handler,
      attempt,
      outcome,
      correlationId,
      id,
      type,
      key: key?.toString('utf8') ?? null,
      replica: this.replica,
    };
    this.#stream.write(`${JSON.stringify(line)}\n`);
  }

  close(): Promise<void> {
    return new Promise((resolve) => (this.#stream ? this.#stream.end(resolve) : resolve()));
  }
}
