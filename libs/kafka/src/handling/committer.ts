import type { Position } from '../client/index.js';
import type { Lanes } from './lanes.js';

/** Commits what lanes have handled, off the loop: by timer, by count, before partitions move and at shutdown. */
export class Committer {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #stopped = false;

  constructor(
    private readonly lanes: Pick<Lanes, 'handled' | 'uncommitted' | 'markCommitted'>,
    /** False where the broker did not store them. */
    private readonly commit: (positions: readonly Position[]) => Promise<boolean>,
    private readonly everyMs: number,
    private readonly everyRecords = 5_000,
  ) {}

  /** Records were handled: commit within the interval, or at once where many were. */
  progressed(): void {
    if (this.lanes.handled >= this.everyRecords) void this.now();
    else this.#soon();
  }

  /**
   * Commits everything that is handled at this moment. Never rejects. One commit is in flight at a time, two could arrive
   * the wrong way round: who comes meanwhile shares the next one.
   */
  now(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#next ??= this.#afterRunning();
    return this.#next;
  }

  /** No more by itself. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #afterRunning(): Promise<void> {
    await this.#running;
    this.#next = undefined;
    this.#running = this.#commitOnce().finally(() => (this.#running = undefined));
    await this.#running;
  }

  async #commitOnce(): Promise<void> {
    // Built at the last moment: the broker does not check who owns a partition, so it must be ours now.
    const positions = this.lanes.uncommitted();
    this.lanes.handled = 0;
    if (positions.length === 0) return;
    try {
      if (await this.commit(positions)) this.lanes.markCommitted(positions);
      else this.#soon();
    } catch {
      // A generation that is over, or a broker that is away: the next commit carries the same positions, or later ones.
      this.#soon();
    }
  }

  #soon(): void {
    if (!this.#stopped) this.#timer ??= setTimeout(() => void this.now(), this.everyMs);
  }
}
