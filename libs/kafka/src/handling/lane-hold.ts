/** Held by one record, a lane begins nothing more. */
export class LaneHold {
  #held: Promise<void> | undefined;

  constructor(private readonly onRelease: () => void) {}

  get isTaken(): boolean {
    return this.#held !== undefined;
  }

  /** Returns what ends it; undefined where it is taken. */
  take(): (() => void) | undefined {
    if (this.#held) return undefined;
    let release = (): void => undefined;
    this.#held = new Promise((resolve) => (release = resolve));
    return () => {
      this.#held = undefined;
      release();
      this.onRelease();
    };
  }

  /** False where `halt` fires first. */
  async released(halt: AbortSignal): Promise<boolean> {
    let stop = (): void => undefined;
    const halted = new Promise<void>((resolve) => (stop = resolve));
    halt.addEventListener('abort', stop);
    if (halt.aborted) stop();
    await Promise.race([this.#held, halted]);
    halt.removeEventListener('abort', stop);
    return !halt.aborted;
  }
}
