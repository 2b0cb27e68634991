import kafkajs, { type Cluster, type Consumer, type EachBatchPayload } from 'kafkajs';
import type { KafkaConnection } from './connection.js';
import { brokerErrorType, describeFailure, rootCause } from './failures.js';
import { toConsumedBatch } from './fetched-batch.js';
import { type Coordinator, GroupCommits } from './group-commits.js';
import type { Assignment, ConsumedBatch, Position } from './record.js';
import { everythingAssigner, stickyAssigner } from './sticky-assigner.js';

export interface GroupConsumerOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  /**
   * `committed`: members share the partitions and go on where the group committed, from the beginning where it did not.
   * `now`: a group of one that reads every partition from the moment of `connect` on, and commits nothing.
   * Positions: a group of one that reads these partitions and no others, each from there on, and commits nothing.
   */
  readonly from: 'committed' | 'now' | readonly Position[];
  /** Fetches what has gathered in 100 ms: none of it is due at once, and each fetch costs as much as some records do. */
  readonly gathers?: boolean;
}

/** How long the members of a group may take to come back when its partitions move. */
export const REBALANCE_MS = 20_000;

/** What happens to a member of a group. None of these may throw: kafkajs would stop the consumer for good. */
export interface GroupEvents {
  /** Takes the batch and returns at once; work inside would hold up heartbeats and every other partition. */
  batch(batch: ConsumedBatch): void;
  /**
   * The only event on every path into a new generation.
   * @param evicted the group threw this member out meanwhile: others have handled these partitions
   */
  joined(assignment: Assignment, evicted: boolean): void;
  /** What the group has committed of partitions that are assigned; comes before their first batch. */
  found?(positions: readonly Position[]): void;
  /** Runs before every JoinGroup: the last moment at which commits count. Resolves within its own bound. */
  rejoining(): Promise<void>;
  polled(): void;
  /** @param restarts false: this consumer never comes back */
  crashed(error: Error, restarts: boolean): void;
}

/**
 * A member of a consumer group on kafkajs, which only fetches and keeps the membership: records are handed on at once,
 * positions are kept and committed by the caller.
 */
export class GroupConsumer {
  readonly #consumer: Consumer;
  #cluster!: Cluster;
  #memberId: string | undefined;
  #assignment: Assignment = new Map();
  #joinedAt = 0;
  #looksForGhosts = false;
  /** `topic/partition` → where to go on, for groups that commit nothing. */
  readonly #next = new Map<string, bigint>();
  readonly #commits: GroupCommits;
  #stopped = false;

  constructor(
    private readonly connection: KafkaConnection,
    readonly options: GroupConsumerOptions,
    private readonly events: GroupEvents,
  ) {
    const { sessionTimeoutMs, heartbeatMs } = connection.settings;
    for (const { topic, partition, offset } of this.#wanted ?? []) this.#next.set(`${topic}/${partition}`, offset);
    this.#commits = new GroupCommits(options.groupId, (positions) => events.found?.(positions));
    const { roundRobin } = kafkajs.PartitionAssigners;
    this.#looksForGhosts = connection.settings.replica !== undefined && options.from === 'committed';
    this.#consumer = connection.kafka({ requestTimeout: 10_000 }).consumer({
      groupId: options.groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: REBALANCE_MS,
      heartbeatInterval: heartbeatMs,
      maxWaitTimeInMs: 100,
      minBytes: options.gathers ? 1_048_576 : 1,
      maxBytesPerPartition: 1_048_576,
      allowAutoTopicCreation: false,
      // How soon grown partitions are noticed; a reply that comes on one must come in time.
      metadataMaxAge: options.from === 'now' ? 2_000 : 10_000,
      retry: {
        retries: 5,
        initialRetryTime: 100,
        maxRetryTime: 1_000,
        // kafkajs would go on for ever where it is stopped while it restarts.
        restartOnFailure: () => Promise.resolve(!this.#stopped),
      },
      partitionAssigners: this.#isAlone
        ? [({ cluster }) => everythingAssigner(this.#hook(cluster), this.#wanted)]
        : [
            ({ cluster }) =>
              stickyAssigner(this.#hook(cluster), () => ({ assignment: this.#assignment, since: this.#joinedAt })),
            // A member of the same group on stock kafkajs knows this one only.
            roundRobin,
          ],
    });
    this.#listen();
  }

  /** kafkajs' own consumer, for `KafkaContext.getConsumer()`. */
  get raw(): Consumer {
    return this.#consumer;
  }

  get assignment(): Assignment {
    return this.#assignment;
  }

  /** A group that reads from now on is then positioned: nothing sent later is missed. */
  async connect(): Promise<void> {
    await this.#consumer.connect();
    // Where the group has no offset it begins at the beginning: "latest" loses what a grown partition held.
    await this.#consumer.subscribe({ topics: [...this.options.topics], fromBeginning: true });
    if (this.options.from === 'now') await this.#readEnds();
  }

  /** A group of one, which commits nothing. */
  get #isAlone(): boolean {
    return this.options.from !== 'committed';
  }

  /** The partitions that are read; undefined: all. */
  get #wanted(): readonly Position[] | undefined {
    const { from } = this.options;
    return typeof from === 'string' ? undefined : from;
  }

  /** Resolves when the member has joined, and also when the broker refused it: then `crashed` was called. */
  async run(): Promise<void> {
    await this.#consumer.run({ autoCommit: false, eachBatch: (payload) => this.#take(payload) });
  }

  /** Leaves the group at once; what was not committed before is read again by others. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#commits.ended();
    await this.#consumer.disconnect();
  }

  /** True when the broker has stored them; rejects where it refused, as it does when their generation is over. */
  commit(positions: readonly Position[]): Promise<boolean> {
    return this.#commits.commit(positions);
  }

  /** One partition each: `pause` of a topic undoes the pauses of its partitions. */
  pause(topic: string, partition: number): void {
    this.#whileRunning(() => this.#consumer.pause([{ topic, partitions: [partition] }]));
  }

  resume(topic: string, partition: number): void {
    this.#whileRunning(() => this.#consumer.resume([{ topic, partitions: [partition] }]));
  }

  /** Only for partitions that are assigned: a seek on another waits, and fires when it comes back. */
  seek({ topic, partition, offset }: Position): void {
    this.#whileRunning(() => this.#consumer.seek({ topic, partition, offset: offset.toString() }));
  }

  // kafkajs throws before the first run and between a crash and the restart; the caller's state is applied at the join.
  #whileRunning(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!/not initialized/.test((error as Error).message)) throw error;
    }
  }

  /** A throw of our own code must neither be retried by kafkajs nor pass over the batch: the consumer ends, visibly. */
  #take({ batch }: EachBatchPayload): Promise<void> {
    try {
      this.#deliver(toConsumedBatch(batch));
    } catch (error) {
      throw new kafkajs.KafkaJSNonRetriableError(error as Error);
    }
    return Promise.resolve();
  }

  #deliver(batch: ConsumedBatch): void {
    if (this.#isAlone) this.#next.set(`${batch.topic}/${batch.partition}`, batch.lastOffset + 1n);
    this.events.batch(batch);
  }

  #listen(): void {
    const { GROUP_JOIN, FETCH, CRASH, END_BATCH_PROCESS } = this.#consumer.events;
    this.#consumer.on(GROUP_JOIN, ({ payload }) => this.#joined(payload.memberId, payload.memberAssignment));
    this.#consumer.on(FETCH, () => this.events.polled());
    this.#consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      // A batch of control records or aborted ones never reaches `eachBatch`; without this the lag never gets to 0.
      if (payload.batchSize > 0) return;
      const { topic, partition } = payload;
      const lastOffset = BigInt(payload.lastOffset);
      this.#deliver({
        topic,
        partition,
        records: [],
        fetchedOffset: BigInt(payload.firstOffset ?? lastOffset),
        lastOffset,
        highWatermark: BigInt(payload.highWatermark),
      });
    });
    this.#consumer.on(CRASH, ({ payload }) => {
      if (this.#stopped) return;
      this.#memberId = undefined;
      this.#commits.ended();
      // Its old self would keep the partitions until the session ends.
      this.#looksForGhosts = this.connection.settings.replica !== undefined && this.options.from === 'committed';
      this.events.crashed(payload.error, payload.restart);
    });
  }

  #joined(memberId: string, memberAssignment: Record<string, number[]>): void {
    const evicted = this.#memberId !== undefined && this.#memberId !== memberId;
    this.#memberId = memberId;
    this.#commits.joined();
    this.#assignment = new Map(Object.entries(memberAssignment));
    this.#joinedAt = Date.now();
    if (this.#isAlone) {
      // In every generation: without commits kafkajs would begin at the end again. A partition that is new since the
      // start is read from its beginning.
      for (const [topic, partitions] of this.#assignment) {
        for (const partition of partitions) {
          this.seek({ topic, partition, offset: this.#next.get(`${topic}/${partition}`) ?? 0n });
        }
      }
    }
    this.events.joined(this.#assignment, evicted);
  }

  /**
   * kafkajs awaits `findGroupCoordinator` before each JoinGroup, on every path into a rejoin; the broker takes commits of
   * the old generation until every member has joined again. So this is where lanes drain and commit.
   */
  #hook(cluster: Cluster): Cluster {
    this.#cluster = cluster;
    const find = cluster.findGroupCoordinator.bind(cluster);
    cluster.findGroupCoordinator = async (group) => {
      await this.events.rejoining();
      // Stopped while it was coming back from a crash: kafkajs would join, and handle nothing.
      if (this.#stopped) throw new kafkajs.KafkaJSNonRetriableError('The consumer is stopped.');
      const coordinator = (await find(group)) as Coordinator;
      this.#commits.watch(coordinator);
      if (this.#looksForGhosts) {
        this.#looksForGhosts = false;
        await this.#evictGhosts(coordinator).catch(() => undefined); // costs one session timeout, no more
      }
      return coordinator;
    };
    return cluster;
  }

  /** Members with this replica's client id were left by a kill; the group would wait a session timeout for them. */
  async #evictGhosts(coordinator: Coordinator): Promise<void> {
    const { groupId } = this.options;
    const { groups } = (await coordinator.describeGroups({ groupIds: [groupId] })) as {
      groups: { members: { memberId: string; clientId: string }[] }[];
    };
    for (const { memberId, clientId } of groups[0]?.members ?? []) {
      if (clientId === this.connection.clientId) await coordinator.leaveGroup({ groupId, memberId });
    }
  }

  /** Before `run`: the return of `run` and GROUP_JOIN come before kafkajs resolves "latest", so it would miss records. */
  async #readEnds(): Promise<void> {
    const topics = this.options.topics.map((topic) => ({
      topic,
      partitions: this.#cluster
        .findTopicPartitionMetadata(topic)
        .map(({ partitionId }) => ({ partition: partitionId })),
      fromBeginning: false,
    }));
    for (const { topic, partitions } of await this.#cluster.fetchTopicsOffset(topics)) {
      for (const { partition, offset } of partitions as { partition: number; offset: string }[]) {
        this.#next.set(`${topic}/${partition}`, BigInt(offset));
      }
    }
  }
}

/** Why a consumer that never comes back stopped, for people. */
export function describeCrash(error: Error, groupId: string, connection: KafkaConnection): string {
  const cause = rootCause(error);
  const who = connection.settings.sasl ? `user ${connection.settings.sasl.username}` : 'this service';
  if (cause.name === 'KafkaJSGroupCoordinatorNotFound') {
    return `group ${groupId}: not authorised, or no coordinator (${who}; kafkajs said: ${connection.lastError})`;
  }
  const denied = brokerErrorType(error)?.includes('AUTHORIZATION') ? ` (${who})` : '';
  return `group ${groupId}: ${describeFailure(error)}${denied}`;
}
