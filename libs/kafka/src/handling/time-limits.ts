/** How long a handler may take once its signal has fired, in ms; then nobody waits for it any more. */
export const GRACE_MS = 5_000;

/** What becomes of a call that takes too long. */
export interface Call {
  /** Fires when the partition is lost. */
  readonly lost: AbortSignal;
  /** The reason of the signal. */
  overLimit(): Error;
  /** Nobody waits any more. */
  abandoned(error: Error): void;
  /** One timer is there for many calls: what it calls belongs to the trail of this one. */
  onTrail(work: () => void): void;
}

/** One call of a handler, and the clock that it runs against. */
export class RunningCall {
  #signal: AbortController | undefined;
  #lostListener: (() => void) | undefined;
  #grace: NodeJS.Timeout | undefined;
  /** Why its signal has fired; undefined where it has not. */
  expired: Error | undefined;

  constructor(
    readonly deadline: number,
    private readonly call: Call,
  ) {}

  /** Made when a handler asks for it: few do. */
  get signal(): AbortSignal {
    if (!this.#signal) {
      const signal = (this.#signal = new AbortController());
      if (this.expired) signal.abort(this.expired);
      else if (this.call.lost.aborted) signal.abort(this.call.lost.reason);
      else {
        this.#lostListener = () => signal.abort(this.call.lost.reason);
        this.call.lost.addEventListener('abort', this.#lostListener, { once: true });
      }
    }
    return this.#signal.signal;
  }

  expire(graceMs: number): void {
    this.call.onTrail(() => {
      const error = (this.expired = this.call.overLimit());
      this.#signal?.abort(error);
      this.#grace = setTimeout(() => this.call.abandoned(error), graceMs);
    });
  }

  end(): void {
    clearTimeout(this.#grace);
    if (this.#lostListener) this.call.lost.removeEventListener('abort', this.#lostListener);
  }
}

/**
 * Clocks of the calls that run. Calls of one limit end in the order in which they began, or earlier: one timer is enough
 * for all of them, and a call that is short costs none.
 */
export class TimeLimits {
  readonly #running = new Map<number, Set<RunningCall>>();
  readonly #timers = new Map<number, NodeJS.Timeout>();

  constructor(private readonly graceMs = GRACE_MS) {}

  /** @param limitMs from now */
  begin(limitMs: number, of: Call): RunningCall {
    const call = new RunningCall(performance.now() + limitMs, of);
    let calls = this.#running.get(limitMs);
    if (!calls) this.#running.set(limitMs, (calls = new Set()));
    calls.add(call);
    if (!this.#timers.has(limitMs)) this.#watch(limitMs, calls, limitMs);
    return call;
  }

  end(limitMs: number, call: RunningCall): void {
    call.end();
    this.#running.get(limitMs)?.delete(call);
  }

  #watch(limitMs: number, calls: Set<RunningCall>, ms: number): void {
    // Of a process that has nothing else to do, a call that hangs is no reason to live on.
    this.#timers.set(limitMs, setTimeout(() => this.#look(limitMs, calls), Math.ceil(ms)).unref());
  }

  #look(limitMs: number, calls: Set<RunningCall>): void {
    this.#timers.delete(limitMs);
    const now = performance.now();
    for (const call of calls) {
      if (call.deadline > now) return this.#watch(limitMs, calls, call.deadline - now);
      calls.delete(call);
      call.expire(this.graceMs);
    }
  }
}
