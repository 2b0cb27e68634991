import {
  type BrokerAdmin,
  type ConsumedRecord,
  describeCrash,
  GroupConsumer,
  type KafkaConnection,
  type Position,
} from '../client/index.js';
import { NotReadyError } from '../errors.js';
import { bounded } from '../handling/bounded.js';
import type { HandledIn } from '../handling/handler-calls.js';
import type { LaneControl, Outcome } from '../handling/lane-control.js';
import { Lanes } from '../handling/lanes.js';
import { startConsumer } from '../handling/start-consumer.js';
import { nameOf } from './backlog.js';
import type { Range } from './replay-plan.js';

export type HandleReplayed = (record: ConsumedRecord, lane: LaneControl, group: HandledIn) => Promise<Outcome>;

/** A group of one that reads ranges of partitions, each in order, commits nothing, and is gone afterwards. */
export class ReplayGroup implements HandledIn {
  readonly #lanes: Lanes;
  readonly #open: Map<string, Range>;
  #consumer: GroupConsumer | undefined;
  #stopping: Promise<void> | undefined;
  #done: () => void = () => undefined;
  #failed: (error: Error) => void = () => undefined;
  readonly #ended = new Promise<void>((resolve, reject) => {
    this.#done = resolve;
    this.#failed = reject;
  });

  /** @param ranges none of them empty */
  constructor(
    readonly groupId: string,
    ranges: readonly Range[],
    private readonly connection: KafkaConnection,
    private readonly admin: BrokerAdmin,
    private readonly handle: HandleReplayed,
  ) {
    this.#open = new Map(ranges.map((range) => [nameOf(range), range]));
    const source = {
      pause: (topic: string, partition: number) => this.#consumer?.pause(topic, partition),
      resume: (topic: string, partition: number) => {
        // What lies behind the end of a range is nobody's business here.
        if (this.#open.has(nameOf({ topic, partition }))) this.#consumer?.resume(topic, partition);
      },
      seek: (position: Position) => this.#consumer?.seek(position),
    };
    this.#lanes = new Lanes((record, lane) => this.#take(record, lane), source, {
      refetches: false,
      onProgress: () => this.#progressed(),
      onBroken: (error) => this.#failed(error),
    });
    this.#ended.catch(() => undefined); // told by `run`
  }

  get raw(): unknown {
    return this.#consumer?.raw;
  }

  /** Where each range stands that is not through. */
  get left(): readonly Range[] {
    const positions = new Map(this.#lanes.uncommitted().map((position) => [nameOf(position), position.offset]));
    return [...this.#open.values()].map((range) => ({ ...range, from: positions.get(nameOf(range)) ?? range.from }));
  }

  /**
   * Resolves when each range is through, or it was stopped.
   * @throws NotReadyError where the broker can't be reached at the start, or the consumer ends for good
   */
  async run(): Promise<void> {
    const { startTimeoutMs } = this.connection.settings;
    await startConsumer(this.groupId, startTimeoutMs, () => this.#makeConsumer());
    // Stopped meanwhile: kafkajs would run on.
    if (this.#stopping) await bounded(this.#consumer?.stop(), STOP_MS);
    const timer = setInterval(() => void this.#dropVanished().catch(() => undefined), VANISHED_MS);
    await this.#ended.finally(() => clearInterval(timer));
  }

  /** Begins nothing more, lets what runs finish (bounded), and leaves. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  async #stop(): Promise<void> {
    this.#lanes.freeze();
    await this.#lanes.settle(this.connection.settings.drainMs);
    this.#done();
    await bounded(this.#consumer?.stop(), STOP_MS);
    await bounded(this.admin.deleteGroups([this.groupId]), STOP_MS); // an empty group goes at the broker's next check
  }

  #makeConsumer(): GroupConsumer {
    const ranges = [...this.#open.values()];
    const options = {
      groupId: this.groupId,
      topics: [...new Set(ranges.map(({ topic }) => topic))],
      from: ranges.map(({ topic, partition, from: offset }) => ({ topic, partition, offset })),
    };
    this.#consumer = new GroupConsumer(this.connection, options, {
      batch: (batch) => this.#lanes.offer(batch),
      joined: (assignment, evicted) => {
        this.#lanes.assign(assignment, evicted);
        if (this.#stopping) this.#lanes.freeze();
      },
      rejoining: () => Promise.resolve(),
      polled: () => undefined,
      crashed: (error, restarts) => {
        if (!restarts) this.#failed(new NotReadyError(describeCrash(error, this.groupId, this.connection)));
      },
    });
    return this.#consumer;
  }

  #take(record: ConsumedRecord, lane: LaneControl): Promise<Outcome> {
    const range = this.#open.get(nameOf(record));
    return range && record.offset < range.to ? this.handle(record, lane, this) : Promise.resolve('settled');
  }

  /** Of control records and gaps nothing is handed over, but the lane's position passes them. */
  #progressed(): void {
    for (const position of this.#lanes.uncommitted()) {
      const range = this.#open.get(nameOf(position));
      if (range && position.offset >= range.to) this.#through(range);
    }
  }

  #through({ topic, partition }: Range): void {
    this.#open.delete(nameOf({ topic, partition }));
    this.#consumer?.pause(topic, partition);
    if (this.#open.size === 0) this.#done();
  }

  /** Retention may delete the rest of a range meanwhile, and then nothing comes that would end it. */
  async #dropVanished(): Promise<void> {
    const topics = [...new Set([...this.#open.values()].map(({ topic }) => topic))];
    for (const { topic, partition, low, high } of await this.admin.ends(topics)) {
      const range = this.#open.get(nameOf({ topic, partition }));
      if (range && (low >= range.to || high < range.to)) this.#through(range);
    }
  }
}

const STOP_MS = 3_000;
const VANISHED_MS = 3_000;
