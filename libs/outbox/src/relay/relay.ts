import { setTimeout as sleep } from 'node:timers/promises';
import type { EventForwarder } from '@fieldguide/kafka';
import type { RelaySettings } from '../outbox/outbox-settings.js';
import { fateOf } from './fate.js';
import type { RelaySession, StoredEvent } from './relay-session.js';

/** What a relay tells of its work. */
export interface RelayEvents {
  /** So many events were published, and are marked as such. */
  relayed(events: number): void;
  /** It will never be published as it is. */
  setAside(event: StoredEvent, problem: string): void;
  /** Nothing goes, or nothing of a topic; undefined: all goes again. */
  held(reason: string | undefined): void;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** Where so many events were found at once, the next are given some time to come together. */
const CROWD_EVENTS = 8;
const GATHER_MS = 10;

/**
 * Publishes what waits in the outbox, while its session has the place. One batch is on its way at a time. Where it was a full
 * one, the next is read meanwhile; nothing of that is published before it is known that all of the one before went well, so
 * that no event overtakes one of its key.
 */
export class Relay {
  #dirty = true;
  #nudge: (() => void) | undefined;
  #pauseMs = 0;
  readonly #pausedTopics = new Map<string, { until: number; pauseMs: number }>();
  /** When the first of the topics that the last claim left out may be tried again. */
  #leftOutUntil = Infinity;

  constructor(
    private readonly session: Pick<RelaySession, 'claim' | 'markSent' | 'setAside' | 'lost'>,
    private readonly forwarder: Pick<EventForwarder, 'forward'>,
    private readonly settings: Pick<RelaySettings, 'pollMs' | 'batchEvents' | 'batchBytes'>,
    private readonly events: RelayEvents,
  ) {}

  /** There may be something to publish. */
  wake(): void {
    this.#dirty = true;
    this.#nudge?.();
  }

  /**
   * Resolves when it is stopped, and what was there until then is published where that is possible.
   * @throws whatever the session's connection broke of
   */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      if (!this.#dirty) await this.#untilWoken(stop);
      await this.#publishAll();
      if (this.#pauseMs > 0) await pause(this.#pauseMs, stop);
    }
    await this.#publishAll();
  }

  /** Publishes until nothing waits that could be published now. */
  async #publishAll(): Promise<void> {
    let batch = await this.#claim([]);
    if (batch.length === 0) this.#nothingWaits();
    let marking = Promise.resolve();
    while (batch.length > 0) {
      const forwarding = this.forwarder.forward(batch);
      const claiming = this.#isFull(batch) ? this.#claim(batch) : undefined;
      // It is awaited below; where the session breaks before that, it must not count as unhandled.
      claiming?.catch(() => undefined);
      const outcomes = await forwarding;
      marking = this.#mark(batch.filter((_, index) => outcomes[index] === undefined));
      marking.catch(() => undefined);
      const failed = batch.flatMap((event, index) => (outcomes[index] ? [{ event, error: outcomes[index] }] : []));
      if (failed.length === 0) {
        this.#went(batch);
        batch = await (claiming ?? this.#whatCameSince(batch));
        continue;
      }
      // What was read meanwhile may stand behind one that failed: it is read again.
      await claiming;
      await marking;
      this.#dirty = true;
      if (!(await this.#dealWith(failed))) return;
      batch = await this.#claim([]);
    }
    await marking;
  }

  /** Its query comes after the mark of the batch, on the same connection. */
  async #whatCameSince(batch: readonly StoredEvent[]): Promise<StoredEvent[]> {
    if (batch.length >= CROWD_EVENTS) await sleep(GATHER_MS);
    return this.#dirty ? this.#claim([]) : [];
  }

  /** More may wait than was read. */
  #isFull(batch: readonly StoredEvent[]): boolean {
    const { batchEvents, batchBytes } = this.settings;
    if (batch.length >= batchEvents) return true;
    return batch.reduce((bytes, { value }) => bytes + Buffer.byteLength(value), 0) >= batchBytes;
  }

  /** Whoever writes from now on says so again. */
  #claim(onTheirWay: readonly StoredEvent[]): Promise<StoredEvent[]> {
    this.#dirty = false;
    const now = performance.now();
    const paused = [...this.#pausedTopics].filter(([, { until }]) => until > now);
    this.#leftOutUntil = Math.min(...paused.map(([, { until }]) => until));
    return this.session.claim(
      onTheirWay.map(({ position }) => position),
      paused.map(([topic]) => topic),
    );
  }

  async #mark(sent: readonly StoredEvent[]): Promise<void> {
    await this.session.markSent(sent.map(({ position }) => position));
    if (sent.length > 0) this.events.relayed(sent.length);
  }

  /** False where nothing goes at the moment. */
  async #dealWith(failed: readonly { event: StoredEvent; error: Error }[]): Promise<boolean> {
    let goes = true;
    for (const { event, error } of failed) {
      const fate = fateOf(error);
      if (fate === 'set-aside') {
        await this.session.setAside(event.position, error.message);
        this.events.setAside(event, error.message);
      } else if (fate === 'pause-topic') this.#pauseTopic(event.topic, error);
      else if (fate === 'pause') {
        goes = false;
        this.events.held(error.message);
      }
    }
    this.#pauseMs = goes ? 0 : longer(this.#pauseMs);
    return goes;
  }

  #pauseTopic(topic: string, error: Error): void {
    const last = this.#pausedTopics.get(topic);
    // Each of its events in one batch says the same.
    if (last && last.until > performance.now()) return;
    const pauseMs = longer(last?.pauseMs ?? 0);
    this.#pausedTopics.set(topic, { until: performance.now() + pauseMs, pauseMs });
    this.events.held(`${topic}: ${error.message}`);
  }

  #went(batch: readonly StoredEvent[]): void {
    this.#pauseMs = 0;
    for (const { topic } of batch) this.#pausedTopics.delete(topic);
    if (this.#pausedTopics.size === 0) this.events.held(undefined);
  }

  /** Not even for a topic whose pause is over: what waited there was discarded. */
  #nothingWaits(): void {
    // A pause may have ended since: what waits there was not asked for.
    if (this.#leftOutUntil < Infinity) return;
    this.#pausedTopics.clear();
    this.events.held(undefined);
  }

  /** By a replica that wrote, by the clock, or because there is nothing to wait for any more. */
  async #untilWoken(stop: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#nudge = () => woken.abort();
    const pauseLeftMs = Math.max(0, Math.ceil(this.#leftOutUntil - performance.now()));
    await pause(Math.min(this.settings.pollMs, pauseLeftMs), AbortSignal.any([stop, woken.signal, this.session.lost]));
    this.#nudge = undefined;
  }
}

const longer = (pauseMs: number): number => Math.min(pauseMs * 2 || FIRST_PAUSE_MS, LONGEST_PAUSE_MS);

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);
