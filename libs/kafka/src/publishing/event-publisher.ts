import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { assertFulfilled, contractClassOf, contractOf } from '../contract/index.js';
import { MessagingError, NotPublishedError } from '../errors.js';
import { messageHeaders } from './message-headers.js';
import type { KafkaMetrics } from '../counting/metrics.js';
import type { RecordSender } from './record-sender.js';

export interface PublishOptions {
  /** The event's identity, `ce_id`. Default: a fresh UUID. Give the stored one when saying an event again. */
  readonly id?: string;
  /** When it happened. Default: now. */
  readonly time?: Date;
}

export interface Published {
  /** `ce_id`. */
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
}

/** Says events. */
@Injectable()
export class EventPublisher {
  constructor(
    private readonly service: string,
    private readonly sender: RecordSender,
    private readonly metrics: KafkaMetrics,
  ) {}

  /**
   * Resolves when every in-sync replica has the event. Events of one key keep the order of the calls, awaited or not.
   * @param event an instance of a contract of this service, made by `create(Contract, fields)`
   * @throws ContractViolationError; NotPublishedError where it was surely not sent; OutcomeUnknownError where the broker
   * did not answer in time (10 s by default): publish it again under the same id
   */
  async publish(event: object, options: PublishOptions = {}): Promise<Published> {
    const contract = contractOf(contractClassOf(event));
    if (contract.kind !== 'event') {
      throw new NotPublishedError('REFUSED', `${event.constructor.name} is a request: ask it, don't publish it.`);
    }
    if (contract.owner !== this.service) {
      const owner = `it belongs to ${contract.owner}`;
      throw new NotPublishedError('REFUSED', `${this.service} can't say ${event.constructor.name}: ${owner}.`);
    }
    assertFulfilled(event);
    const { topic } = contract;
    const id = options.id ?? randomUUID();
    try {
      const partition = await this.sender.send({
        topic,
        key: keyOf(event, contract.key),
        value: Buffer.from(JSON.stringify(event)),
        headers: messageHeaders({ id, type: topic, service: this.service, time: options.time ?? new Date() }),
      });
      this.metrics.published.inc({ topic, result: 'ok' });
      return { id, topic, partition };
    } catch (error) {
      this.metrics.published.inc({ topic, result: error instanceof MessagingError ? error.code : 'ERROR' });
      throw error;
    }
  }
}

function keyOf(event: object, field: string): Buffer {
  const key = (event as Record<string, unknown>)[field];
  if (typeof key === 'string' && key !== '') return Buffer.from(key);
  const found = typeof key === 'string' ? 'it is empty' : `it is of type ${typeof key}`;
  throw new NotPublishedError(
    'INVALID_KEY',
    `${event.constructor.name}.${field} is the key, a text is needed: ${found}.`,
  );
}
