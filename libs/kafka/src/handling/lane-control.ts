import type { Passed } from './lane-queue.js';

/** `settled`: handled, or safe in a dead letter. `interrupted`: it must be handled again, by whoever has the partition. */
export type Outcome = 'settled' | 'interrupted';

/** What the handling of one record may ask of its lane. */
export interface LaneControl {
  /** Fires when the partition is lost: others may be handling this record already, so its outcome is ignored. */
  readonly lost: AbortSignal;
  /**
   * Milliseconds, or until `wake` fires. False where the lane was frozen meanwhile: give the record back as `interrupted`.
   */
  pause(ms: number, wake?: AbortSignal): Promise<boolean>;
  /** Nothing more of this lane begins until the returned function is called. Undefined where another record holds it. */
  hold(): (() => void) | undefined;
  /** Resolves when no record holds the lane. False where it was frozen meanwhile. */
  released(): Promise<boolean>;
  /**
   * Tries another record once, in place of those, also where the lane is held: settled, or back in its place. False where
   * there is none.
   */
  tryAnother(than: Passed): Promise<boolean>;
}

/** What a record may ask of its lane that is tried in another's place: nothing, one try is all it has. */
export class OneTry implements LaneControl {
  constructor(readonly lost: AbortSignal) {}

  pause(): Promise<boolean> {
    return Promise.resolve(false);
  }

  hold(): undefined {
    return undefined;
  }

  released(): Promise<boolean> {
    return Promise.resolve(false);
  }

  tryAnother(): Promise<boolean> {
    return Promise.resolve(false);
  }
}
