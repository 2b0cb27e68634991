type Closer = () => Promise<void> | void;

/** What has to be ended, the last begun first; what is begun after the end is ended at once. */
export class Closing {
  private readonly closers: Closer[] = [];
  private closed: Promise<void> | undefined;

  constructor(private readonly say: (line: string) => void) {}

  add(closer: Closer): void {
    if (this.closed) void this.closed.then(() => this.try(closer));
    else this.closers.push(closer);
  }

  run(): Promise<void> {
    return (this.closed ??= this.runAll());
  }

  private async runAll(): Promise<void> {
    for (const closer of this.closers.reverse()) await this.try(closer);
  }

  /** One that fails must not keep the others from being ended. */
  private async try(closer: Closer): Promise<void> {
    try {
      await closer();
    } catch (error) {
      this.say(error instanceof Error ? error.message : String(error));
    }
  }
}
