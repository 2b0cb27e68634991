import { currentMessage, SettingsError } from '@fieldguide/kafka';
import { Logger } from '@nestjs/common';
import type { Counter } from 'prom-client';
import type { Transactions } from '../transactions/transactions.js';
import { insertRows } from './inbox-rows.js';
import type { InboxTransactions } from './inbox-transactions.js';

/** Memory of which events were handled, for `@Once()`. */
export class Inbox {
  readonly #logger = new Logger('Inbox');

  constructor(
    private readonly transactions: Transactions,
    private readonly runs: InboxTransactions,
    private readonly duplicates: Counter<'handler'>,
  ) {}

  /** Resolves with undefined, and calls nothing, where the event that is being handled has been handled under this name. */
  async once<R>(name: string, work: () => Promise<R>): Promise<R | undefined> {
    const message = currentMessage();
    if (!message) {
      throw new SettingsError(
        `${name} has @Once(), and was called outside of a message: it is for what an event's handler calls.`,
      );
    }
    return this.transactions.withTransaction(async () => {
      if (message.replay || (await this.#isNew(name, message.id))) return work();
      // Where the run that it is in is rolled back, it comes again.
      this.transactions.afterCommit(() => this.duplicates.inc({ handler: name }));
      this.#logger.debug(`${name} has handled ${message.id} already: left out.`);
      return undefined;
    });
  }

  /** Waits for whoever has it in a transaction at this moment. */
  async #isNew(name: string, message: string): Promise<boolean> {
    const { run } = this.runs;
    if (run) return run.isNew(name, message);
    return (await insertRows(this.transactions, name, [message])).length > 0;
  }
}
