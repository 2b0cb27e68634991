import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunTransactions, TimeLimitError } from '@fieldguide/kafka';
import { Logger } from '@nestjs/common';
import { runningOf, type Transactions } from '../transactions/transactions.js';
import { InboxRun } from './inbox-run.js';

/** Transactions for handlers with `batch`. */
export class InboxTransactions extends RunTransactions {
  readonly #runs = new AsyncLocalStorage<InboxRun>();
  /** In no transaction, wherever it is called. */
  readonly #outside = AsyncLocalStorage.snapshot();
  readonly #logger = new Logger('Inbox');

  constructor(private readonly transactions: Transactions) {
    super();
  }

  /** What the caller is in; undefined where its message is handled alone. */
  get run(): InboxRun | undefined {
    return this.#runs.getStore();
  }

  alone<R>(work: () => Promise<R>): Promise<R> {
    return this.transactions.withTransaction(work);
  }

  together<R>(messages: readonly string[], work: () => Promise<R>): Promise<R> {
    return this.transactions.withTransaction(async () => {
      const session = await this.#session();
      try {
        const run = new InboxRun(this.transactions, messages);
        const result = await this.#runs.run(run, work);
        await run.forgetTheRest();
        return result;
      } catch (error) {
        if (error instanceof TimeLimitError && error.abandoned) await this.#end(session);
        throw error;
      }
    });
  }

  async #session(): Promise<number> {
    const { rows } = await runningOf(this.transactions).query<{ pid: number }>('select pg_backend_pid() as pid');
    return rows[0]?.pid ?? 0;
  }

  /**
   * 1. a handler is abandoned, the run rolled back, and its connection given back;
   * 2. the next transaction gets that connection;
   * 3. the handler goes on, and writes into a transaction that is not its own.
   * So the connection is ended first, and not given back before.
   */
  async #end(session: number): Promise<void> {
    for (;;) {
      try {
        const ended = await this.#outside(() => this.#terminate(session));
        if (ended) return;
      } catch (error) {
        this.#logger.warn(`A connection with an abandoned handler can't be ended yet: ${(error as Error).message}`);
      }
      await sleep(1_000, undefined, { ref: false });
    }
  }

  /** False where it is still there after a while. */
  #terminate(session: number): Promise<boolean> {
    const text = `
      select case when exists (select from pg_stat_activity where pid = $1) then pg_terminate_backend($1, 5000) else true end as ended`;
    return this.transactions.withTransaction(async () => {
      const { rows } = await runningOf(this.transactions).query<{ ended: boolean }>(text, [session]);
      return rows[0]?.ended ?? false;
    });
  }
}
