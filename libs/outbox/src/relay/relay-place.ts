import { setTimeout as sleep } from 'node:timers/promises';
import { EventForwarder, KafkaHealth } from '@fieldguide/kafka';
import { Injectable, Logger } from '@nestjs/common';
import type { OutboxMetrics } from '../outbox/outbox-metrics.js';
import type { RelaySettings } from '../outbox/outbox-settings.js';
import { Relay } from './relay.js';
import { RelaySession, type StoredEvent } from './relay-session.js';
import type { Wake } from './wake.js';

const RECONNECT_MS = 1_000;
/** How often the one that relays looks at how the outbox stands, in ms. */
const LOOK_MS = 3_000;
const SWEEP_MS = 60_000;
const SWEEP_EVENTS = 500;
const SWEEP_PAUSE_MS = 100;
/** How long a stop may take to publish what is left, in ms; and to close the producer. */
const LAST_MS = 1_500;
const CLOSE_MS = 500;

/**
 * This replica's part in relaying: it waits for the place of the one relay, takes it, and goes on for as long as its connection
 * to PostgreSQL lasts.
 */
@Injectable()
export class RelayPlace {
  readonly #logger = new Logger('Outbox');
  readonly #stopped = new AbortController();
  readonly #reasons = new Map<string, { text: string; end: () => void }>();
  #session: RelaySession | undefined;
  #relay: Relay | undefined;
  #running: Promise<void> | undefined;

  constructor(
    private readonly settings: RelaySettings,
    private readonly forwarder: EventForwarder,
    private readonly wake: Wake,
    private readonly health: KafkaHealth,
    private readonly metrics: OutboxMetrics,
  ) {}

  start(): void {
    this.#running ??= this.#stayForAsLongAsRuns();
  }

  /** Publishes what is left (bounded), then gives the place to another replica. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    if (!this.#relay) this.#session?.close();
    await within(LAST_MS, this.#running);
    this.#session?.close();
    await within(CLOSE_MS, this.forwarder.close());
  }

  async #stayForAsLongAsRuns(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await this.#stay();
      } catch (error) {
        // One that is stopped while it waits for the place has lost nothing.
        if (signal.aborted) return;
        this.#tell('database', `the relay has no database: ${(error as Error).message}`);
      }
      if (!signal.aborted) await sleep(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Until it is stopped, or its connection breaks. */
  async #stay(): Promise<void> {
    const session = await RelaySession.open(this.settings, () => this.#relay?.wake());
    this.#session = session;
    try {
      this.#tell('database', undefined);
      await session.takePlace();
      this.#logger.log('Relays the events of this service');
      await this.#relayWith(session);
    } finally {
      this.#leave();
      session.close();
    }
  }

  async #relayWith(session: RelaySession): Promise<void> {
    const relay = new Relay(session, this.forwarder, this.settings, {
      relayed: (events) => this.metrics.relayed.inc(events),
      setAside: (event, problem) => this.#setAside(event, problem),
      held: (reason) => this.#tell('held', reason),
    });
    this.#relay = relay;
    this.wake.here = () => relay.wake();
    this.metrics.active.set(1);
    const tending = this.#tend(session);
    await relay.run(AbortSignal.any([this.#stopped.signal, session.lost]));
    await tending;
    if (!this.#stopped.signal.aborted) throw session.lost.reason as Error;
  }

  /** Looks after the outbox beside the relay: how it stands, and what of it is old. */
  async #tend(session: RelaySession): Promise<void> {
    const signal = AbortSignal.any([this.#stopped.signal, session.lost]);
    let sweepAt = 0;
    while (!signal.aborted) {
      try {
        const { oldestMs, setAside } = await session.state();
        this.#tell('late', oldestMs > this.settings.lateAfterMs ? late(oldestMs) : undefined);
        this.#tell('aside', setAside > 0 ? aside(setAside) : undefined);
        if (performance.now() >= sweepAt) {
          await this.#sweep(session, signal);
          sweepAt = performance.now() + SWEEP_MS;
        }
      } catch {
        // The connection is gone, which the relay says.
        return;
      }
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #sweep(session: RelaySession, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await session.removeSent(this.settings.keepSentMs, SWEEP_EVENTS)) === SWEEP_EVENTS) {
      await sleep(SWEEP_PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  #setAside({ id, topic, key, position }: StoredEvent, problem: string): void {
    this.#logger.error(
      `Event ${id} for ${topic} (outbox position ${position}) is set aside, and all of key ${key} behind it: ${problem}`,
    );
  }

  #leave(): void {
    this.wake.here = undefined;
    this.metrics.active.set(0);
    this.#relay = undefined;
    for (const what of ['held', 'late', 'aside']) this.#tell(what, undefined);
  }

  /** Health is degraded while there is a text. */
  #tell(what: string, text: string | undefined): void {
    const last = this.#reasons.get(what);
    if (last?.text === text) return;
    last?.end();
    this.#reasons.delete(what);
    if (text === undefined) return;
    this.#logger.warn(`Outbox: ${text}`);
    this.#reasons.set(what, { text, end: this.health.waits(`outbox: ${text}`) });
  }
}

const within = (ms: number, work: Promise<void> | undefined): Promise<void> =>
  Promise.race([work, sleep(ms, undefined, { ref: false })]);

/** In steps, so that it is not told again at each look. */
const late = (oldestMs: number): string =>
  `the oldest event waits for more than ${Math.floor(oldestMs / 30_000) * 30} seconds`;

const aside = (events: number): string =>
  `${events} ${events === 1 ? 'event is' : 'events are'} set aside, which the broker will never take (npm run -s outbox -- list)`;
