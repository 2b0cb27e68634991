import { Logger } from '@nestjs/common';
import {
  type Assignment,
  type ConsumedRecord,
  describeCrash,
  GroupConsumer,
  type GroupConsumerOptions,
  type KafkaConnection,
  type Position,
} from '../client/index.js';
import type { KafkaMetrics } from '../counting/metrics.js';
import { NotReadyError, ShuttingDownError } from '../errors.js';
import type { KafkaHealth } from '../health/kafka-health.js';
import { bounded } from './bounded.js';
import { Committer } from './committer.js';
import type { LaneControl, Outcome } from './lane-control.js';
import type { LaneRuns } from './lane.js';
import { Lanes } from './lanes.js';
import { startConsumer } from './start-consumer.js';

export type HandleInGroup = (record: ConsumedRecord, lane: LaneControl, group: HandlingGroup) => Promise<Outcome>;

/** A consumer group's member that handles: a consumer that fetches, lanes that handle, a committer. */
export class HandlingGroup {
  readonly #lanes: Lanes;
  readonly #committer: Committer;
  readonly #logger = new Logger('Kafka');
  #consumer: GroupConsumer | undefined;
  #crash: string | undefined;
  #stopping = false;

  constructor(
    private readonly connection: KafkaConnection,
    readonly options: GroupConsumerOptions,
    handle: HandleInGroup,
    private readonly health: KafkaHealth,
    private readonly metrics: KafkaMetrics,
    /** How many records of a topic's partition are handled side by side. */
    concurrencyOf: (topic: string) => number = () => 1,
    /** How records of a topic's partition are handled several at a time. */
    runsOf?: (topic: string, group: HandlingGroup) => LaneRuns | undefined,
  ) {
    const source = {
      pause: (topic: string, partition: number) => this.#consumer?.pause(topic, partition),
      resume: (topic: string, partition: number) => this.#consumer?.resume(topic, partition),
      seek: (position: Position) => this.#consumer?.seek(position),
    };
    this.#lanes = new Lanes((record, lane) => handle(record, lane, this), source, {
      refetches: options.from === 'committed',
      concurrencyOf,
      runsOf: (topic) => runsOf?.(topic, this),
      onProgress: () => this.#progressed(),
      onVanished: (topic, records) => metrics.vanished.inc({ topic, group: options.groupId }, records),
      onBroken: (error) => this.#broke(error),
    });
    const commit = async (positions: readonly Position[]) => (await this.#consumer?.commit(positions)) ?? false;
    metrics.watchLanes(options.groupId, () => this.#lanes.bytes);
    this.#committer = new Committer(this.#lanes, commit, connection.settings.commitMs);
  }

  get groupId(): string {
    return this.options.groupId;
  }

  /** kafkajs' own consumer. */
  get raw(): unknown {
    return this.#consumer?.raw;
  }

  /** Of each partition that this member has: the first record that is not handled, where that is known. */
  get positions(): Lanes['positions'] {
    return this.#lanes.positions;
  }

  /**
   * Resolves when the member has joined.
   * @throws NotReadyError where it can't within the service's start timeout
   */
  async start(): Promise<void> {
    this.health.starting(this.groupId);
    await startConsumer(this.groupId, this.connection.settings.startTimeoutMs, () => this.#makeConsumer());
    // Stopped meanwhile: kafkajs would run on.
    if (this.#stopping) await bounded(this.#consumer?.stop(), STOP_MS);
    // `run` resolves even where the broker refuses the group.
    if (this.#crash !== undefined) throw new NotReadyError(this.#crash);
  }

  /** Fetches nothing more, finishes what runs (bounded), commits, leaves the group at once. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#drain(this.connection.settings.drainMs);
    this.#committer.stop();
    await bounded(this.#consumer?.stop(), STOP_MS);
    this.#lanes.abandon('the service stops');
    this.metrics.assigned.set({ group: this.groupId }, 0);
    this.health.stopped(this.groupId);
  }

  #makeConsumer(): GroupConsumer {
    if (this.#stopping) throw new ShuttingDownError('The service is stopping.');
    this.#crash = undefined;
    const { drainMs, sessionTimeoutMs } = this.connection.settings;
    const consumer = new GroupConsumer(this.connection, this.options, {
      batch: (batch) => this.#lanes.offer(batch),
      joined: (assignment, evicted) => this.#joined(assignment, evicted),
      found: (positions) => this.#lanes.expect(positions),
      // No heartbeat goes out meanwhile: beyond the session timeout the group would throw this member out.
      rejoining: () => this.#drain(Math.min(drainMs, sessionTimeoutMs / 3)),
      polled: () => this.health.polled(this.groupId),
      crashed: (error, restarts) => this.#crashed(error, restarts),
    });
    this.#consumer = consumer;
    return consumer;
  }

  #joined(assignment: Assignment, evicted: boolean): void {
    this.#lanes.assign(assignment, evicted);
    if (this.#stopping) this.#lanes.freeze();
    this.health.joined(this.groupId);
    const partitions = [...assignment].map(([topic, numbers]) => `${topic} [${numbers.join(' ')}]`);
    this.#logger.log(`Joined group ${this.groupId}: ${partitions.join(', ') || 'no partitions'}`);
    this.metrics.rebalances.inc({ group: this.groupId });
    this.metrics.assigned.set(
      { group: this.groupId },
      [...assignment.values()].reduce((sum, numbers) => sum + numbers.length, 0),
    );
  }

  /** Before partitions move: nothing begins, what runs may finish (bounded), and what is done is committed. */
  async #drain(boundMs: number): Promise<void> {
    this.#lanes.freeze();
    await this.#lanes.settle(boundMs);
    const { sessionTimeoutMs } = this.connection.settings;
    const commitMs = Math.min(COMMIT_MS, sessionTimeoutMs / 3);
    if (this.options.from === 'committed') await bounded(this.#committer.now(), commitMs);
  }

  #progressed(): void {
    if (this.options.from === 'committed') this.#committer.progressed();
  }

  /** A mistake of this package, or of what it is made of: the lane stands still, nothing is skipped. */
  #broke(error: Error): void {
    const reason = `group ${this.groupId}: handling broke: ${error.message}`;
    this.health.crashed(this.groupId, reason, false);
    this.#logger.error(reason, error.stack);
  }

  #crashed(error: Error, restarts: boolean): void {
    // Without a membership what waits here is soon handled by others.
    this.#lanes.cutOff();
    const reason = describeCrash(error, this.groupId, this.connection);
    if (!restarts) this.#crash = reason;
    this.metrics.assigned.set({ group: this.groupId }, 0);
    this.metrics.crashes.inc({ group: this.groupId, restarts: String(restarts) });
    this.health.crashed(this.groupId, reason, restarts);
    if (this.#stopping) return;
    if (restarts) this.#logger.warn(`${reason}; reconnecting.`);
    else this.#logger.error(`${reason}; this consumer does not come back, the service must be restarted.`);
  }
}

const COMMIT_MS = 2_000;
const STOP_MS = 3_000;
