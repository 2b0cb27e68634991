import { Logger } from '@nestjs/common';
import type { Assignment, ConsumedBatch, Position } from '../client/index.js';
import { type HandleRecord, Lane, type LaneEvents, type LaneLimits } from './lane.js';

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
  readonly limits?: LaneLimits;
  onProgress(): void;
  /** Handling rejected, which it never should. */
  onBroken(error: Error): void;
}

const LIMITS: LaneLimits = { records: 2_000, bytes: 8_388_608 };

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
    // A batch of a partition that is not ours is of an older generation: its owner reads it.
    this.#lanes.get(name(batch.topic, batch.partition))?.offer(batch);
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
    for (const { topic, partition, position, committed } of this.#lanes.values()) {
      if (position !== undefined && position !== committed) positions.push({ topic, partition, offset: position });
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

  #add(topic: string, partition: number): void {
    const key = name(topic, partition);
    if (this.#lanes.has(key)) return;
    const { limits = LIMITS } = this.options;
    this.#lanes.set(key, new Lane(topic, partition, this.handle, limits, this.#eventsOf(topic, partition)));
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
      vanished: (_lane, from, to) =>
        this.#logger.warn(`${topic}/${partition}: records ${from} to ${to - 1n} were deleted before they were read.`),
      broke: (_lane, error) => this.options.onBroken(error),
    };
  }

  #resume(lane: Lane): void {
    lane.paused = false;
    this.source.resume(lane.topic, lane.partition);
  }
}

const name = (topic: string, partition: number): string => `${topic}/${partition}`;
