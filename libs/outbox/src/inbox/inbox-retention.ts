import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { runningOf, type Transactions } from '../transactions/transactions.js';

const AT_ONCE = 1_000;
const PAUSE_MS = 100;

/** One replica at a time: two would delete the same rows, and wait for each other. */
const LOCK = `select pg_try_advisory_xact_lock(hashtextextended('@fieldguide/outbox inbox', 0)) as mine`;

const DELETE = `
  with gone as (
    delete from inbox where (handler, message_id) in (
      select handler, message_id from inbox
      where handled_at < now() - make_interval(secs => $1) order by handled_at limit ${AT_ONCE}
    ) returning 1
  )
  select count(*)::int as count from gone`;

/** Deletes inbox rows whose time is over, in small steps. */
export class InboxRetention implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger('Inbox');
  readonly #stopping = new AbortController();
  #working: Promise<void> | undefined;

  /** @param retentionMs Infinity: nothing is deleted */
  constructor(
    private readonly transactions: Transactions,
    private readonly retentionMs: number,
    private readonly everyMs: number,
  ) {}

  onApplicationBootstrap(): void {
    if (this.retentionMs < Infinity) this.#working = this.#work();
  }

  async onModuleDestroy(): Promise<void> {
    this.#stopping.abort();
    await this.#working;
  }

  async #work(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const isMore = await this.#step();
      await this.#pause(isMore ? PAUSE_MS : this.everyMs);
    }
  }

  /** Whether there may be more to delete. */
  async #step(): Promise<boolean> {
    try {
      return (await this.transactions.withTransaction(() => this.#delete())) === AT_ONCE;
    } catch (error) {
      this.#logger.warn(`Old inbox rows could not be deleted, again in a while: ${(error as Error).message}`);
      return false;
    }
  }

  async #delete(): Promise<number> {
    const running = runningOf(this.transactions);
    const { rows: locks } = await running.query<{ mine: boolean }>(LOCK);
    if (!locks[0]?.mine) return 0;
    const { rows } = await running.query<{ count: number }>(DELETE, [this.retentionMs / 1_000]);
    return rows[0]?.count ?? 0;
  }

  async #pause(ms: number): Promise<void> {
    // It rejects where it is stopped, and has no other reason to.
    await sleep(ms, undefined, { ref: false, signal: this.#stopping.signal }).catch(() => undefined);
  }
}
