import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { types } from 'node:util';
import {
  assertFulfilled,
  type Contract,
  contractClassOf,
  contractOf,
  ContractViolationError,
  type EventContract,
} from '../contract/index.js';
import { MessagingError, NotPublishedError } from '../errors.js';
import { messageHeaders } from './message-headers.js';
import type { KafkaMetrics } from '../counting/metrics.js';
import { type PreparedEvent, preparedFrom } from './prepared-event.js';
import type { Draft, RecordSender } from './record-sender.js';

/** What may be said of an event beside its payload. */
export interface PublishOptions {
  /** The event's identity, `ce_id`. Default: a fresh UUID. Give the stored one when saying an event again. */
  readonly id?: string;
  /** When it happened. Default: now. */
  readonly time?: Date;
}

/** Where the broker has put an event. */
export interface Published {
  /** `ce_id`. */
  readonly id: string;
  /** The contract's. */
  readonly topic: string;
  /** Chosen by the key, as Java's clients do. */
  readonly partition: number;
}

/** Says events. */
@Injectable()
export class EventPublisher {
  constructor(
    private readonly service: string,
    private readonly sender: Pick<RecordSender, 'send' | 'mistakeIn'>,
    private readonly metrics: KafkaMetrics,
  ) {}

  /**
   * Resolves when every in-sync replica has the event. Events of one key keep the order of the calls, awaited or not.
   * @param event an instance of a contract of this service, made by `create(Contract, fields)`
   * @throws ContractViolationError; NotPublishedError where it was surely not sent; OutcomeUnknownError where the broker
   * did not answer in time (20 s by default): publish it again under the same id
   */
  async publish(event: object, options: PublishOptions = {}): Promise<Published> {
    const contract = contractOf(contractClassOf(event));
    const { topic } = contract;
    const { id = randomUUID(), time = new Date() } = options;
    try {
      const partition = await this.sender.send(this.#draftOf(event, contract, id, time));
      this.metrics.published.inc({ topic, result: 'ok' });
      return { id, topic, partition };
    } catch (error) {
      this.metrics.published.inc({ topic, result: codeOf(error) });
      throw error;
    }
  }

  /**
   * Checks an event as `publish` does and sends nothing: what comes of it can be stored, and published by an EventForwarder.
   * @throws ContractViolationError; NotPublishedError where it could not be sent as it is, `TOO_LARGE` only where it is known
   * already what its topic takes
   */
  prepare(event: object, { id = randomUUID(), time = new Date() }: PublishOptions = {}): PreparedEvent {
    const draft = this.#draftOf(event, contractOf(contractClassOf(event)), id, time);
    const mistake = this.sender.mistakeIn(draft);
    if (mistake) throw mistake;
    return preparedFrom(id, draft);
  }

  #draftOf(event: object, contract: Contract, id: string, time: Date): Draft {
    if (contract.kind !== 'event') {
      throw new NotPublishedError('REFUSED', `${event.constructor.name} is a request: ask it, don't publish it.`);
    }
    const { owner, topic } = contract;
    if (owner !== this.service) {
      const whose = `it belongs to ${owner}`;
      throw new NotPublishedError('REFUSED', `${this.service} can't say ${event.constructor.name}: ${whose}.`);
    }
    assertFulfilled(event);
    assertHeaders(id, time, topic);
    return {
      topic,
      key: keyOf(event, contract),
      value: Buffer.from(JSON.stringify(event)),
      headers: messageHeaders({ id, type: topic, service: this.service, time }),
    };
  }
}

/** Why it was not published tells an operator more than that it was not. */
export const codeOf = (error: unknown): string => {
  if (error instanceof NotPublishedError) return error.reason;
  return error instanceof MessagingError || error instanceof ContractViolationError ? error.code : 'ERROR';
};

/** Callers in plain JavaScript, and ids out of a database: a wrong one must not fail a whole request. */
function assertHeaders(id: unknown, time: unknown, topic: string): void {
  const refuse = (what: string) => new NotPublishedError('INVALID_HEADER', `An event for ${topic} can't have ${what}.`);
  if (typeof id !== 'string' || id === '') throw refuse(id === '' ? 'an empty id' : `an id of type ${typeof id}`);
  if (!types.isDate(time) || Number.isNaN(time.getTime())) throw refuse('a time that is no valid Date');
}

function keyOf(event: object, { key: field, topic }: EventContract): Buffer {
  const key = (event as Record<string, unknown>)[field];
  if (typeof key === 'string' && key !== '') return Buffer.from(key);
  const found = typeof key === 'string' ? 'it is empty' : `it is of type ${typeof key}`;
  throw new NotPublishedError(
    'INVALID_KEY',
    `${event.constructor.name}.${field} is the key in ${topic}, a text is needed: ${found}.`,
  );
}
