/** Time for what stands around the calls of a run: to begin, and to commit. */
export class StepLimit {
  #timer: NodeJS.Timeout | undefined;
  #reject: (error: Error) => void = () => undefined;

  /** @param ms for each step */
  constructor(
    private readonly what: string,
    private readonly ms: number,
  ) {}

  /** @throws Error where a step takes longer; the work goes on, and nobody hears of it */
  async of<T>(work: Promise<T>): Promise<T> {
    const late = new Promise<never>((_, reject) => (this.#reject = reject));
    this.resume();
    try {
      return await Promise.race([work, late]);
    } finally {
      this.pause();
    }
  }

  pause(): void {
    clearTimeout(this.#timer);
  }

  resume(): void {
    this.pause();
    this.#timer = setTimeout(() => this.#reject(new Error(`${this.what} was not done within ${this.ms} ms.`)), this.ms);
  }
}
