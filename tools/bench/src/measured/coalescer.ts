/** What a good engineer puts in front of a client that sends lists: many callers, one request at a time. */
export class Coalescer<T> {
  #waiting: { readonly message: T; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];
  #busy = false;

  constructor(private readonly send: (messages: T[]) => Promise<unknown>) {}

  publish(message: T): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, resolve, reject });
      if (!this.#busy) this.#flushSoon();
    });
  }

  #flushSoon(): void {
    this.#busy = true;
    setImmediate(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      await this.send(batch.map(({ message }) => message));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    this.#busy = false;
    if (this.#waiting.length > 0) this.#flushSoon();
  }
}
