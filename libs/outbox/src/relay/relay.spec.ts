import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NotPublishedError } from '@fieldguide/kafka';
import { setClock } from '@fieldguide/kafka/testing';
import { Relay, type RelayEvents } from './relay.js';
import type { StoredEvent } from './relay-session.js';

/** Longer than the spec: whatever happens, happens because the relay knows that there is something to do. */
const NEVER_MS = 600_000;
/** Longer than the relay's first pause for a topic. */
const SLOW_MS = 300;
const HOUR_MS = 3_600_000;
const GONE = 'gone: Topic gone is not there.';

const event = { position: '1', topic: 'gone', key: 'a', value: '{}', headers: {} } as StoredEvent;

/** An outbox with one event, in a database that takes its time where a topic is left out. */
class SlowOutbox {
  waits = true;
  readonly lost = new AbortController().signal;

  constructor(private readonly slowMs: number) {}

  async claim(_onTheirWay: readonly string[], paused: readonly string[]): Promise<StoredEvent[]> {
    if (!this.waits) return [];
    if (!paused.includes(event.topic)) return [event];
    await sleep(this.slowMs);
    return [];
  }

  markSent(positions: readonly string[]): Promise<void> {
    if (positions.includes(event.position)) this.waits = false;
    return Promise.resolve();
  }

  setAside = (): Promise<never> => Promise.reject(new Error('Nothing is wrong with it.'));
}

/** A broker that has the topic once it is created. */
class MissingTopic {
  created = false;

  forward(): Promise<(Error | undefined)[]> {
    return Promise.resolve([
      this.created ? undefined : new NotPublishedError('UNKNOWN_TOPIC', 'Topic gone is not there.'),
    ]);
  }
}

describe('a relay of which a topic is gone', () => {
  let stop: AbortController;
  let held: (string | undefined)[];
  let broker: MissingTopic;

  beforeEach(() => {
    stop = new AbortController();
    held = [];
    broker = new MissingTopic();
  });
  afterEach(() => stop.abort());

  /** Resolves when the event is published. */
  const relay = (outbox: SlowOutbox, isHeld: () => void): Promise<void> =>
    new Promise((resolve) => {
      const events: RelayEvents = {
        relayed: () => resolve(),
        setAside: () => undefined,
        held: (reason) => {
          held.push(reason);
          isHeld();
        },
      };
      const settings = { pollMs: NEVER_MS, batchEvents: 100, batchBytes: 1_000_000 };
      void new Relay(outbox, broker, settings, events).run(stop.signal);
    });

  it('tries it again where its pause ended while the database was asked for others', async () => {
    await relay(new SlowOutbox(SLOW_MS), () => (broker.created = held.length > 1));

    expect(held).toEqual([GONE, GONE, undefined]);
  });

  it('tries it again although the clock is set back', async () => {
    let setRight = (): void => undefined;
    const relayed = relay(new SlowOutbox(0), () => {
      if (held.length === 1) setRight = setClock(-HOUR_MS);
      broker.created = true;
    });

    await relayed.finally(() => setRight());

    expect(held).toEqual([GONE, undefined]);
  });
});
