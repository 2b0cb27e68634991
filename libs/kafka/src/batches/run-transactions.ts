/**
 * The transactions of a service's database, for handlers with `batch`. This package knows no SQL: InboxModule of
 * @fieldguide/outbox provides it under this token; your own provider may, too.
 */
export abstract class RunTransactions {
  /** Runs `work` in a transaction: in the running one where there is one. */
  abstract alone<R>(work: () => Promise<R>): Promise<R>;

  /**
   * Runs `work`, which handles these messages one after another, in one transaction: committed when it resolves, rolled back
   * when it rejects, and the promise settles after that. Where it rejects with a TimeLimitError that is `abandoned`,
   * something of it still runs: from then on that must reach the database no more.
   * @param messages `ce_id` of each, in order
   */
  abstract together<R>(messages: readonly string[], work: () => Promise<R>): Promise<R>;
}
