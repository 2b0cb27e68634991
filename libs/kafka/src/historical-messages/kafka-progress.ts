import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BrokerAdmin } from '../client/index.js';
import type { KafkaMetrics } from '../counting/metrics.js';
import { type Backlog, backlogOf, leftOf } from './backlog.js';

/** How far the service is with what was there when this replica started. */
export interface ProgressReport {
  /** Nothing of it is left: each record was handled, by this replica or another, or waits in a retry topic. */
  readonly caughtUp: boolean;
  /** When that was first seen. Undefined before. */
  readonly caughtUpAt: Date | undefined;
  /** Offsets that are left: records, and the gaps that transactions and compaction leave. Undefined before the start. */
  readonly left: number | undefined;
  /** How many there were at the start. Undefined before it. */
  readonly total: number | undefined;
}

/**
 * Whether the service has caught up with what was in its topics when this replica started. Where each partition ended
 * then is looked up once, and compared with what the *group* has committed: so it holds for all replicas together,
 * wherever a rebalance has put the partitions, and is late by one commit at most. A service that handles nothing in
 * a shared group has caught up from its start on.
 */
@Injectable()
export class KafkaProgress {
  readonly #logger = new Logger('Kafka');
  #resolve: () => void = () => undefined;
  readonly #caughtUp = new Promise<void>((resolve) => (this.#resolve = resolve));
  readonly #stopped = new AbortController();
  #report: ProgressReport = { caughtUp: false, caughtUpAt: undefined, left: undefined, total: undefined };

  /** @param everyMs between two looks at the group's offsets, until it has caught up */
  constructor(
    private readonly admin: BrokerAdmin,
    private readonly metrics: KafkaMetrics,
    private readonly everyMs = 500,
  ) {}

  /** Asks nobody: what was seen last. */
  report(): ProgressReport {
    return this.#report;
  }

  /** Resolves when the service has caught up; never where it stops before. */
  caughtUp(): Promise<void> {
    return this.#caughtUp;
  }

  /**
   * Looks where the topics end now. To be called before the group is joined.
   * @param topics none: the service has caught up
   */
  async begin(groupId: string, topics: readonly string[]): Promise<void> {
    const backlog = backlogOf(topics.length > 0 ? await this.admin.ends(topics) : []);
    const left = await this.#look(groupId, backlog);
    this.#report = { ...this.#report, left, total: left };
    this.#seen(groupId, left);
    if (left === 0) return;
    this.#logger.log(`Group ${groupId} has ${left} records of the past to handle`);
    void this.#watch(groupId, backlog);
  }

  /** Looks no more. */
  stop(): void {
    this.#stopped.abort();
  }

  async #watch(groupId: string, backlog: Backlog): Promise<void> {
    const { signal } = this.#stopped;
    while (!this.#report.caughtUp) {
      await sleep(this.everyMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      // A broker that is away says nothing about progress: the next look does.
      const left = await this.#look(groupId, backlog).catch(() => undefined);
      if (left !== undefined && !signal.aborted) this.#seen(groupId, left);
    }
  }

  async #look(groupId: string, backlog: Backlog): Promise<number> {
    const topics = backlog.topics;
    if (topics.length === 0) return 0;
    const [ends, committed] = await Promise.all([this.admin.ends(topics), this.admin.committed(groupId, topics)]);
    return leftOf(backlog, ends, committed);
  }

  #seen(groupId: string, left: number): void {
    const total = this.#report.total ?? left;
    this.metrics.backlog.set({ group: groupId }, left);
    const caughtUp = left === 0;
    this.#report = { caughtUp, caughtUpAt: caughtUp ? new Date() : undefined, left, total };
    if (!caughtUp) return;
    if (total > 0) this.#logger.log(`Group ${groupId} has caught up with the past: ${total} records`);
    this.#resolve();
  }
}
