import type { Assignment, ConsumedBatch, Position } from '../client/index.js';
import { type HandleRecord, Lane, type LaneLimits } from './lane.js';

/** What lanes ask of the consumer that fills them. */
export interface Source {
  pause(topic: string, partition: number): void;
  resume(topic: string, partition: number): void;
}

const LIMITS: LaneLimits = { records: 2_000, bytes: 8_388_608 };

/** The lanes of one consumer, one for each partition that it has. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  /** Records handled since the last look, to commit early under load. */
  handled = 0;

  constructor(
    private readonly handle: HandleRecord,
    private readonly source: Source,
    private readonly onProgress: () => void = () => undefined,
    private readonly limits: LaneLimits = LIMITS,
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
      if (!evicted && assigned.has(key)) {
        lane.reset();
      } else {
        lane.abandon(evicted ? 'evicted from the group' : 'the partition was revoked');
        this.#lanes.delete(key);
        // A pause outlives the partition's time here: it would stand still when it comes back.
        if (lane.paused) this.source.resume(lane.topic, lane.partition);
        continue;
      }
      if (lane.paused) this.#resume(lane);
    }
    for (const [topic, partitions] of assignment) {
      for (const partition of partitions) this.#add(topic, partition);
    }
  }

  freeze(): void {
    for (const lane of this.#lanes.values()) lane.freeze();
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
    const events = {
      full: (lane: Lane) => {
        lane.paused = true;
        this.source.pause(topic, partition);
      },
      drained: (lane: Lane) => this.#resume(lane),
      progressed: () => {
        this.handled++;
        this.onProgress();
      },
    };
    this.#lanes.set(key, new Lane(topic, partition, this.handle, this.limits, events));
  }

  #resume(lane: Lane): void {
    lane.paused = false;
    this.source.resume(lane.topic, lane.partition);
  }
}

const name = (topic: string, partition: number): string => `${topic}/${partition}`;
