import { Injectable } from '@nestjs/common';
import type { KafkaMetrics } from '../counting/metrics.js';
import { Chain } from './chain.js';
import { draftFrom, type PreparedEvent } from './prepared-event.js';
import { codeOf } from './event-publisher.js';
import type { RecordSender } from './record-sender.js';

interface InOrder {
  readonly name: string;
  readonly chain: Chain;
  /** Events of the key on their way. */
  open: number;
}

/**
 * Publishes prepared events, those of each key in order: where one fails, those of its key that are on their way behind it are
 * not sent. It has a producer of its own, so that many events at a time hold up no answer and no retry of the service.
 */
@Injectable()
export class EventForwarder {
  readonly #keys = new Map<string, InOrder>();

  constructor(
    private readonly sender: Pick<RecordSender, 'send' | 'close'>,
    private readonly metrics: KafkaMetrics,
  ) {}

  /**
   * Resolves when each is published or has failed. Of calls side by side the earlier one's events come first.
   * @returns for each event undefined where every in-sync replica has it, else a NotPublishedError (`HELD_BACK`: one of its
   * key before it failed) or an OutcomeUnknownError: it may be there, forward it again
   */
  forward(events: readonly PreparedEvent[]): Promise<(Error | undefined)[]> {
    return Promise.all(events.map((event) => this.#send(event)));
  }

  /** Sends what was given before, within its deadline, and takes nothing more. */
  close(): Promise<void> {
    return this.sender.close();
  }

  // One promise for each event beside the sender's: an outbox has many of them.
  #send(event: PreparedEvent): Promise<Error | undefined> {
    const key = this.#keyOf(event);
    key.open++;
    const settle = (error?: Error): Error | undefined => {
      this.metrics.published.inc({ topic: event.topic, result: error ? codeOf(error) : 'ok' });
      if (--key.open === 0) this.#keys.delete(key.name);
      return error;
    };
    return this.sender.send(draftFrom(event, key.chain)).then(() => settle(), settle);
  }

  #keyOf({ topic, key }: PreparedEvent): InOrder {
    const name = `${topic} ${key}`;
    let found = this.#keys.get(name);
    if (!found) this.#keys.set(name, (found = { name, chain: new Chain(), open: 0 }));
    return found;
  }
}
