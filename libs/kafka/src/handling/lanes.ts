import { Logger } from '@nestjs/common';
import type { Assignment, ConsumedBatch, Position } from '../client/index.js';
import { type HandleRecord, Lane, type LaneEvents, type LaneLimits, type LaneRuns } from './lane.js';

/** What lanes ask of the consumer that fills them. */
export interface Source {
  pause(topic: string, partition: number): void;
  resume(topic: string, partition: number): void;
  /** Only for partitions that are assigned. */
  seek(position: Position): void;
}

export interface LanesOptions {
  /** Whether a new generation is fetched from what was committed, or goes on after what was delivered. */
  readonly refetches: boolean;
  /** How many records of a partition may be handled side by side. Default: 1. */
  concurrencyOf?(topic: string): number;
  /** How a topic's records are handled several at a time. Default: they are not. */
  runsOf?(topic: string): LaneRuns | undefined;
  readonly limits?: LaneLimits;
  onProgress(): void;
  /** So many records of a topic were deleted before they were read. */
  onVanished?(topic: string, records: number): void;
  /** Handling rejected, which it never should. */
  onBroken(error: Error): void;
}

const LIMITS: LaneLimits = { records: 10_000, bytes: 8_388_608 };

/** The lanes of one consumer, one for each partition that it has. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #logger = new Logger('Kafka');
  /** Records handled since the last look, to commit early under load. */
  handled = 0;

  constructor(
    private readonly handle: HandleRecord,
    private readonly source: Source,
    private readonly options: LanesOptions,
  ) {}

  offer(batch: ConsumedBatch): void {
    const { topic, partition } = batch;
    const lane = this.#lanes.get(name(topic, partition));
    // A batch of a partition that is not ours is of an older generation: its owner reads it.
    if (!lane) return;
    if (lane.isOvertakenBy(batch)) this.#startAnew(lane);
    this.#lanes.get(name(topic, partition))?.offer(batch);
  }

  /** Bytes of all records that wait or run. */
  get bytes(): number {
    let bytes = 0;
    for (const lane of this.#lanes.values()) bytes += lane.bytes;
    return bytes;
  }

  /** Of each partition that this consumer has: the first record that is not handled, where that is known. */
  get positions(): readonly {
    readonly topic: string;
    readonly partition: number;
    readonly offset: bigint | undefined;
  }[] {
    return [...this.#lanes.values()].map(({ topic, partition, at }) => ({ topic, partition, offset: at }));
  }

  /** Applies a new generation. Whoever was evicted forgets everything: others have handled these partitions. */
  assign(assignment: Assignment, evicted: boolean): void {
    const assigned = new Set<string>();
    for (const [topic, partitions] of assignment) {
      for (const partition of partitions) assigned.add(name(topic, partition));
    }
    for (const [key, lane] of this.#lanes) {
      if (assigned.has(key) && !(evicted && this.options.refetches)) {
        if (this.options.refetches) lane.reset();
        else lane.thaw();
      } else {
        lane.abandon(evicted ? 'evicted from the group' : 'the partition was revoked');
        this.#lanes.delete(key);
      }
      // A pause outlives the partition's time here: it would stand still when it comes back.
      if (lane.paused) this.#resume(lane);
    }
    for (const [topic, partitions] of assignment) {
      for (const partition of partitions) this.#add(topic, partition);
    }
  }

  /** Where the group stands: a lane that begins beyond tells what was deleted before it was read. */
  expect(positions: readonly Position[]): void {
    for (const { topic, partition, offset } of positions) this.#lanes.get(name(topic, partition))?.expect(offset);
  }

  freeze(): void {
    for (const lane of this.#lanes.values()) lane.freeze();
  }

  /** The membership ended without a word. */
  cutOff(): void {
    for (const lane of this.#lanes.values()) lane.cutOff();
  }

  /** Resolves when no handler runs any more, or after the bound. */
  async settle(boundMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<void>((resolve) => (timer = setTimeout(resolve, boundMs)));
    const idle = Promise.all([...this.#lanes.values()].map((lane) => lane.idle));
    await Promise.race([idle, bound]);
    clearTimeout(timer);
  }

  /** What is handled and not yet committed, at this moment. */
  uncommitted(): Position[] {
    const positions: Position[] = [];
    for (const { topic, partition, due } of this.#lanes.values()) {
      if (due !== undefined) positions.push({ topic, partition, offset: due });
    }
    return positions;
  }

  markCommitted(positions: readonly Position[]): void {
    for (const { topic, partition, offset } of positions) {
      const lane = this.#lanes.get(name(topic, partition));
      if (lane) lane.committed = offset;
    }
  }

  abandon(reason: string): void {
    for (const lane of this.#lanes.values()) lane.abandon(reason);
    this.#lanes.clear();
  }

  /** What still runs there was handled by others: its outcome would take the group back. */
  #startAnew(lane: Lane): void {
    lane.abandon('others have gone on with the partition');
    this.#lanes.delete(name(lane.topic, lane.partition));
    this.#add(lane.topic, lane.partition);
  }

  #add(topic: string, partition: number): void {
    const key = name(topic, partition);
    if (this.#lanes.has(key)) return;
    const { limits = LIMITS } = this.options;
    const concurrency = this.options.concurrencyOf?.(topic) ?? 1;
    const events = this.#eventsOf(topic, partition);
    const runs = this.options.runsOf?.(topic);
    this.#lanes.set(key, new Lane(topic, partition, concurrency, this.handle, limits, events, runs));
  }

  #eventsOf(topic: string, partition: number): LaneEvents {
    return {
      full: (lane) => {
        lane.paused = true;
        this.source.pause(topic, partition);
      },
      drained: (lane) => this.#resume(lane),
      progressed: () => {
        this.handled++;
        this.options.onProgress();
      },
      gap: (_lane, offset) => this.source.seek({ topic, partition, offset }),
      vanished: (_lane, from, to) => {
        this.options.onVanished?.(topic, Number(to - from));
        this.#logger.warn(`${topic}/${partition}: records ${from} to ${to - 1n} were deleted before they were read.`);
      },
      broke: (_lane, error) => this.options.onBroken(error),
    };
  }

  #resume(lane: Lane): void {
    lane.paused = false;
    this.source.resume(lane.topic, lane.partition);
  }
}

const name = (topic: string, partition: number): string => `${topic}/${partition}`;
