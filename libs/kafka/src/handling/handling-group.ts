import { Logger } from '@nestjs/common';
import {
  type Assignment,
  describeCrash,
  describeFailure,
  GroupConsumer,
  type GroupConsumerOptions,
  isPassing,
  type KafkaConnection,
} from '../client/index.js';
import type { ConsumedRecord } from '../client/index.js';
import type { KafkaMetrics } from '../counting/metrics.js';
import { NotReadyError } from '../errors.js';
import type { KafkaHealth } from '../health/kafka-health.js';
import { Committer } from './committer.js';
import type { LaneControl, Outcome } from './lane.js';
import { Lanes } from './lanes.js';
import { untilDeadline } from './until-deadline.js';

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
  ) {
    const source = {
      pause: (topic: string, partition: number) => this.#consumer?.pause(topic, partition),
      resume: (topic: string, partition: number) => this.#consumer?.resume(topic, partition),
    };
    this.#lanes = new Lanes(
      (record, lane) => handle(record, lane, this),
      source,
      () => this.#progressed(),
    );
    const commit = async (positions: Parameters<GroupConsumer['commit']>[0]) =>
      (await this.#consumer?.commit(positions)) ?? false;
    this.#committer = new Committer(this.#lanes, commit, connection.settings.commitMs);
  }

  get groupId(): string {
    return this.options.groupId;
  }

  /** kafkajs' own consumer. */
  get raw(): unknown {
    return this.#consumer?.raw;
  }

  /**
   * Resolves when the member has joined.
   * @throws NotReadyError where it can't within the service's start timeout
   */
  async start(): Promise<void> {
    this.health.starting(this.groupId);
    await untilDeadline(this.connection.settings.startTimeoutMs, async () => {
      const consumer = this.#makeConsumer();
      try {
        await consumer.start();
      } catch (error) {
        await consumer.stop().catch(() => undefined); // it never ran
        if (isPassing(error)) throw error;
        throw new NotReadyError(`group ${this.groupId}: ${describeFailure(error)}`, { cause: error });
      }
    });
    // `run` resolves even where the broker refuses the group.
    if (this.#crash !== undefined) throw new NotReadyError(this.#crash);
  }

  /** Fetches nothing more, finishes what runs (bounded), commits, leaves the group at once. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#drain();
    this.#committer.stop();
    await bounded(this.#consumer?.stop(), STOP_MS);
    this.#lanes.abandon('the service stops');
    this.health.stopped(this.groupId);
  }

  #makeConsumer(): GroupConsumer {
    this.#crash = undefined;
    const consumer = new GroupConsumer(this.connection, this.options, {
      batch: (batch) => this.#lanes.offer(batch),
      joined: (assignment, evicted) => this.#joined(assignment, evicted),
      rejoining: () => this.#drain(),
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
  async #drain(): Promise<void> {
    this.#lanes.freeze();
    await this.#lanes.settle(this.connection.settings.drainMs);
    if (this.options.from === 'committed') await bounded(this.#committer.now(), COMMIT_MS);
  }

  #progressed(): void {
    if (this.options.from === 'committed') this.#committer.progressed();
  }

  #crashed(error: Error, restarts: boolean): void {
    const reason = describeCrash(error, this.groupId, this.connection);
    if (!restarts) this.#crash = reason;
    this.metrics.crashes.inc({ group: this.groupId, restarts: String(restarts) });
    this.health.crashed(this.groupId, reason, restarts);
    if (this.#stopping) return;
    if (restarts) this.#logger.warn(`${reason}; reconnecting.`);
    else this.#logger.error(`${reason}; this consumer does not come back, the service must be restarted.`);
  }
}

const COMMIT_MS = 2_000;
const STOP_MS = 3_000;

/** Goes on after the bound, whatever became of the work. */
async function bounded(work: Promise<unknown> | undefined, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([Promise.resolve(work).catch(() => undefined), bound]);
  clearTimeout(timer);
}
