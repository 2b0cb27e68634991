import { Injectable } from '@nestjs/common';
import type { BrokerAdmin } from '../client/index.js';
import { type ContractClass, contractOf } from '../contract/index.js';
import type { ContractHandler, RegisteredHandler } from '../handling/registered-handler.js';

/** A topic whose events a handler of this service hears, and how long they can come again. */
export interface HeardTopic {
  /** `Class.method`. */
  readonly handler: string;
  /** Of the contract. */
  readonly topic: string;
  /** Whether the replicas share its events, or each hears all. */
  readonly delivery: 'one-replica' | 'every-replica';
  /**
   * How long the broker keeps its records at most, in ms: `retention.ms`, and `segment.ms` beside, because only whole segments
   * are deleted. Infinity where it keeps them for ever, or the latest of each key. Where the broker does not tell this
   * service, what the contract says, and Kafka's default of a segment.
   */
  readonly keptMs: number;
  /** All delays of the retry topics that an event may go through, in ms. */
  readonly retriesMs: number;
}

/** What this service hears. To be asked once it has started. */
@Injectable()
export class HeardTopics {
  constructor(
    private readonly handlers: () => readonly RegisteredHandler[],
    private readonly admin: Pick<BrokerAdmin, 'keptMs'>,
  ) {}

  /** Of events only. @throws what the broker's client does where no broker answers */
  async list(): Promise<HeardTopic[]> {
    const events = this.handlers().filter(handlesEvents);
    const kept = await this.admin.keptMs(events.map(({ topic }) => topic));
    return events.map(({ name, topic, delivery, policy, contract }) => ({
      ...{ handler: name, topic, delivery, keptMs: kept.get(topic) ?? saidBy(contract) },
      retriesMs: policy.delaysMs.reduce((sum, delay) => sum + delay, 0),
    }));
  }
}

const handlesEvents = (handler: RegisteredHandler): handler is ContractHandler => handler.kind === 'event';

const SEGMENT_MS = 7 * 86_400_000;

function saidBy(contract: ContractClass): number {
  const { retentionMs } = contractOf(contract);
  return retentionMs < 0 ? Infinity : retentionMs + SEGMENT_MS;
}
