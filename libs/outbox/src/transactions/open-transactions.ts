import { AsyncLocalStorage } from 'node:async_hooks';

interface Open<Tx> {
  readonly tx: Tx;
  readonly committed: (() => void)[];
}

/** Which transaction a caller runs in, and what is to be done when it is committed. */
export class OpenTransactions<Tx> {
  readonly #storage = new AsyncLocalStorage<Open<Tx>>();

  get current(): Tx | undefined {
    return this.#storage.getStore()?.tx;
  }

  /** @param begin runs what it is given in a new transaction, and commits it unless that rejects */
  async run<R>(begin: (body: (tx: Tx) => Promise<R>) => Promise<R>, work: () => Promise<R>): Promise<R> {
    if (this.#storage.getStore()) return work();
    const committed: (() => void)[] = [];
    const result = await begin((tx) => this.#storage.run({ tx, committed }, work));
    for (const callback of committed) callback();
    return result;
  }

  afterCommit(callback: () => void): void {
    const open = this.#storage.getStore();
    if (open) open.committed.push(callback);
    else callback();
  }
}

/** PostgreSQL rolls back at the commit where a query has failed, and calls that no error. */
export class SwallowedFailureError extends Error {
  override readonly name = 'SwallowedFailureError';

  constructor(options?: ErrorOptions) {
    super('Nothing of the transaction is stored: a query in it failed, and whoever caught that went on.', options);
  }
}
