/** Holds up whoever comes to it until it is opened. */
export class Gate {
  /** How many have come. */
  reached = 0;
  readonly #opened: Promise<void>;
  #open: () => void = () => undefined;

  constructor() {
    this.#opened = new Promise((resolve) => (this.#open = resolve));
  }

  pass(): Promise<void> {
    this.reached++;
    return this.#opened;
  }

  open(): void {
    this.#open();
  }
}
