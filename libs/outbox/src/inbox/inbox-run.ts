import type { Transactions } from '../transactions/transactions.js';
import { deleteRows, insertRows } from './inbox-rows.js';

/** The inbox rows of messages that are handled in one transaction: of each handler one statement inserts them all. */
export class InboxRun {
  /** By handler: what had no row, and was not handled since. */
  readonly #left = new Map<string, Promise<Set<string>>>();

  constructor(
    private readonly transactions: Transactions,
    private readonly messages: readonly string[],
  ) {}

  /** True once for each handler and message. */
  async isNew(handler: string, message: string): Promise<boolean> {
    let left = this.#left.get(handler);
    if (!left) this.#left.set(handler, (left = this.#insert(handler)));
    return (await left).delete(message);
  }

  /** Not each message of a run comes to each method, or is begun at all: its row would keep it from being handled. */
  async forgetTheRest(): Promise<void> {
    for (const [handler, left] of this.#left) {
      const messages = [...(await left)];
      if (messages.length > 0) await deleteRows(this.transactions, handler, messages);
    }
  }

  async #insert(handler: string): Promise<Set<string>> {
    return new Set(await insertRows(this.transactions, handler, this.messages));
  }
}
