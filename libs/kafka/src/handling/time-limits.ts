/** How long a handler may take once its signal has fired, in ms; then nobody waits for it any more. */
const GRACE_MS = 5_000;

/** One call of a handler, and the clock that it runs against. */
export abstract class TimedCall {
  /** When its time is over, by `performance.now()`. */
  deadline = 0;
  /** Why its signal has fired; undefined where it has not. */
  expired: Error | undefined;
  /** Neighbours among those that run: a list of its own makes no garbage. */
  before: TimedCall | undefined;
  after: TimedCall | undefined;
  #signal: AbortController | undefined;
  #lostListener: (() => void) | undefined;
  #grace: NodeJS.Timeout | undefined;

  /** @param lost fires when the partition is lost */
  constructor(private readonly lost: AbortSignal) {}

  /** The reason of the signal. */
  protected abstract overLimit(): Error;

  /** Nobody waits any more. */
  protected abstract abandon(error: Error): void;

  /** One timer is there for many calls: what it calls belongs to the trail of this one. */
  protected abstract onTrail(work: () => void): void;

  /** Made when a handler asks for it: few do. */
  get signal(): AbortSignal {
    if (!this.#signal) {
      const signal = (this.#signal = new AbortController());
      if (this.expired) signal.abort(this.expired);
      else if (this.lost.aborted) signal.abort(this.lost.reason);
      else {
        this.#lostListener = () => signal.abort(this.lost.reason);
        this.lost.addEventListener('abort', this.#lostListener, { once: true });
      }
    }
    return this.#signal.signal;
  }

  expire(graceMs: number): void {
    this.onTrail(() => {
      const error = (this.expired = this.overLimit());
      this.#signal?.abort(error);
      this.#grace = setTimeout(() => this.abandon(error), graceMs);
    });
  }

  end(): void {
    if (this.#grace) clearTimeout(this.#grace);
    if (this.#lostListener) this.lost.removeEventListener('abort', this.#lostListener);
  }
}

/**
 * Clocks of the calls that run. Calls of one limit expire in the order in which they began: one timer is enough for all of
 * them, and a call that is short costs none.
 */
export class TimeLimits {
  readonly #queues = new Map<number, Queue>();

  constructor(private readonly graceMs = GRACE_MS) {}

  /** @param limitMs from `now` */
  begin(limitMs: number, call: TimedCall, now: number): void {
    let queue = this.#queues.get(limitMs);
    if (!queue) this.#queues.set(limitMs, (queue = new Queue(this.graceMs)));
    call.deadline = now + limitMs;
    queue.add(call);
  }

  end(limitMs: number, call: TimedCall): void {
    call.end();
    this.#queues.get(limitMs)?.remove(call);
  }
}

/** The calls of one limit, oldest first. */
class Queue {
  #first: TimedCall | undefined;
  #last: TimedCall | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly graceMs: number) {}

  add(call: TimedCall): void {
    call.before = this.#last;
    if (this.#last) this.#last.after = call;
    else this.#first = call;
    this.#last = call;
    if (!this.#timer) this.#watch();
  }

  /** Also one that has expired, and is not in it any more. */
  remove(call: TimedCall): void {
    const { before, after } = call;
    if (before) before.after = after;
    else if (this.#first === call) this.#first = after;
    if (after) after.before = before;
    else if (this.#last === call) this.#last = before;
    call.before = call.after = undefined;
  }

  #watch(): void {
    if (!this.#first) return;
    const ms = Math.max(0, Math.ceil(this.#first.deadline - performance.now()));
    // Of a process that has nothing else to do, a call that hangs is no reason to live on.
    this.#timer = setTimeout(() => this.#look(), ms).unref();
  }

  #look(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (let call = this.#first; call && call.deadline <= now; call = this.#first) {
      this.remove(call);
      call.expire(this.graceMs);
    }
    this.#watch();
  }
}
