import { Injectable } from '@nestjs/common';

/** Whether the service does its work on Kafka at this moment. */
export interface HealthReport {
  /** `dead`: a consumer has stopped for good, only a restart of the process helps. */
  readonly status: 'ok' | 'degraded' | 'dead';
  /** Whether every consumer has joined its group. */
  readonly ready: boolean;
  /** What is wrong, one sentence each. */
  readonly reasons: readonly string[];
}

interface GroupState {
  joined: boolean;
  /** When the consumer last polled, in ms. */
  polledAt: number;
  crash?: { reason: string; restarts: boolean };
}

/**
 * Health of what this service does on Kafka. A consumer can die while its process looks healthy; this is where it shows.
 */
@Injectable()
export class KafkaHealth {
  readonly #groups = new Map<string, GroupState>();
  readonly #waits = new Map<object, string>();
  #listening = false;

  /** @param silentMs a consumer that has not polled for so long is dead: a rebalance takes 20 s at most. */
  constructor(private readonly silentMs = 30_000) {}

  /** Asks nobody: what consumers and lanes have told last. */
  report(): HealthReport {
    const dead: string[] = [];
    const degraded: string[] = [...new Set(this.#waits.values())];
    let ready = this.#listening;
    for (const [group, { joined, polledAt, crash }] of this.#groups) {
      if (!joined) ready = false;
      if (crash && !crash.restarts) dead.push(`${crash.reason}; it does not come back`);
      else if (crash) degraded.push(`${crash.reason}; reconnecting`);
      else if (!joined) degraded.push(`group ${group}: joining`);
      else if (performance.now() - polledAt > this.silentMs)
        dead.push(`group ${group}: has not polled for ${this.silentMs} ms`);
    }
    const status = dead.length > 0 ? 'dead' : degraded.length > 0 ? 'degraded' : 'ok';
    return { status, ready: ready && dead.length === 0, reasons: [...dead, ...degraded] };
  }

  /** The transport has started: whatever it consumes, it does from now on. */
  opened(): void {
    this.#listening = true;
  }

  /** The transport stops: not ready any more. */
  closing(): void {
    this.#listening = false;
  }

  /** A consumer of this group is being made; until it has joined, the service is not ready. */
  starting(group: string): void {
    this.#groups.set(group, { joined: false, polledAt: performance.now() });
  }

  /** It has joined, and is well. */
  joined(group: string): void {
    this.#groups.set(group, { joined: true, polledAt: performance.now() });
  }

  /** It is alive: without this for `silentMs` it counts as dead. */
  polled(group: string): void {
    const state = this.#groups.get(group);
    if (state) state.polledAt = performance.now();
  }

  /** @param restarts whether it comes back by itself: degraded, else dead */
  crashed(group: string, reason: string, restarts: boolean): void {
    // A broker that is away must not take every replica out: who had joined stays ready while it reconnects.
    const joined = restarts && (this.#groups.get(group)?.joined ?? false);
    this.#groups.set(group, { joined, polledAt: performance.now(), crash: { reason, restarts } });
  }

  /** It was stopped on purpose. */
  stopped(group: string): void {
    this.#groups.delete(group);
  }

  /** Something waits: degraded, with this reason, until the returned function is called. */
  waits(reason: string): () => void {
    const token = {};
    this.#waits.set(token, reason);
    return () => this.#waits.delete(token);
  }
}
