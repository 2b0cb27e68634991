import { setTimeout as pause } from 'node:timers/promises';
import type { Told } from '../measured/told.js';

const WITHIN_MS = 150_000;
const LOOK_EVERY_MS = 5;
/** As long, after a replica's first message, an older assignment may still be heard of. */
const SETTLING_MS = 300;

interface Heard extends Told {
  readonly replica: number;
}

/** Hears what the replicas of a story handle: who has which partition, what came twice, what is missing. */
export class Witness {
  readonly #seen = new Set<string>();
  readonly #heard: Heard[] = [];
  /** Messages that were handled once more. */
  again = 0;

  constructor(private readonly partitions: number) {}

  hear(replica: number, told: Told): void {
    const name = `${told.partition}/${told.sequence}`;
    if (this.#seen.has(name)) this.again++;
    this.#seen.add(name);
    this.#heard.push({ ...told, replica });
  }

  /** Resolves when each of these has partitions and all partitions are handled. */
  async shared(...replicas: readonly number[]): Promise<void> {
    await until(`replicas ${replicas.join(', ')} share the partitions`, () => {
      const begun = replicas.map((replica) => this.#heard.find((heard) => heard.replica === replica)?.at ?? Infinity);
      const owners = this.#ownersAfter(Math.max(...begun) + SETTLING_MS);
      return owners.size === this.partitions && replicas.every((replica) => [...owners.values()].includes(replica));
    });
  }

  /** The partitions that a replica handles now. */
  partitionsOf(replica: number): number[] {
    const owners = this.#ownersAfter(-Infinity);
    return [...owners].filter(([, owner]) => owner === replica).map(([partition]) => partition);
  }

  /** Milliseconds from `since` until the last of these partitions was handled by someone else. */
  async takenOver(partitions: readonly number[], from: number, since: number): Promise<number> {
    return until(`the partitions of replica ${from} are taken over`, () => {
      const after = this.#heard.filter(({ replica, at }) => replica !== from && at >= since);
      const firsts = partitions.map((partition) => after.find((heard) => heard.partition === partition)?.at);
      return firsts.every((at) => at !== undefined) && Math.max(...firsts) - since;
    });
  }

  /** Resolves when all that was sent was handled. */
  async all(sentToEach: number): Promise<void> {
    await until('all messages are handled', () => this.#seen.size === sentToEach * this.partitions);
  }

  #ownersAfter(since: number): Map<number, number> {
    const recent = this.#heard.filter(({ at }) => at >= since);
    return new Map(recent.sort((a, b) => a.at - b.at).map(({ partition, replica }) => [partition, replica]));
  }
}

/** The first value that is not false; 0 is one. */
async function until<T>(what: string, look: () => T | false): Promise<T> {
  const deadline = Date.now() + WITHIN_MS;
  for (;;) {
    const found = look();
    if (found !== false) return found;
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}.`);
    await pause(LOOK_EVERY_MS);
  }
}
