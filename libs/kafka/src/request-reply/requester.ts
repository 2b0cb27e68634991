import { Injectable, Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import {
  type BrokerAdmin,
  type ConsumedBatch,
  type ConsumedRecord,
  describeCrash,
  GroupConsumer,
  headerText,
  type KafkaConnection,
} from '../client/index.js';
import {
  assertFulfilled,
  type ContractClass,
  contractClassOf,
  contractOf,
  type Replying,
  type ReplyOf,
} from '../contract/index.js';
import type { Journal } from '../counting/journal.js';
import type { KafkaMetrics } from '../counting/metrics.js';
import { NotReadyError, SettingsError, ShuttingDownError } from '../errors.js';
import { Incoming } from '../handling/incoming.js';
import { bounded } from '../handling/bounded.js';
import { startConsumer } from '../handling/start-consumer.js';
import type { KafkaHealth } from '../health/kafka-health.js';
import { messageHeaders } from '../publishing/message-headers.js';
import type { RecordSender } from '../publishing/record-sender.js';
import { type AskAllOptions, type Gathered, Gathering } from './gathering.js';
import { type Asked, type End, OneReply, type Taken, type Waiting } from './waiting.js';
import { CORRELATION_ID, REPLY_TOPIC } from './wire.js';

/** How long one ask may take. */
export interface AskOptions {
  /** Milliseconds until the ask is given up, sending included. Default: 5 000. */
  readonly timeoutMs?: number;
}

interface Pending {
  /** `Requester.ask`, for the journal. */
  readonly name: string;
  take(record: ConsumedRecord): Taken<unknown>;
  end(end: End<unknown>): void;
}

const STOP_MS = 3_000;
const REMEMBERED = 5_000;
const MOST_EXPECTED = 10_000;
/** Node's: beyond, a timer fires at once. */
const LONGEST_TIMER = 2_147_483_647;

export const replyTopic = (service: string): string => `${service}.replies`;

/**
 * Asks other services. Every replica reads all of `<service>.replies` in a group of its own and drops what others asked
 * for; no reply partition is asked for, so that any responder can answer, stock NestJS and Spring included.
 */
@Injectable()
export class Requester {
  readonly #pending = new Map<string, Pending>();
  /** Ids that are over since lately: what a further reply to them is, and no other replica's. */
  #over = new Map<string, 'late' | 'duplicate'>();
  #overBefore = this.#over;
  readonly #logger = new Logger('Requests');
  readonly #groupId: string;
  #consumer: GroupConsumer | undefined;
  #ready: Promise<void> | undefined;
  #crash: string | undefined;
  #stopping = false;

  constructor(
    private readonly connection: KafkaConnection,
    private readonly asks: readonly ContractClass[],
    random: string,
    private readonly sender: RecordSender,
    private readonly admin: BrokerAdmin,
    private readonly health: KafkaHealth,
    private readonly metrics: KafkaMetrics,
    private readonly journal: Journal,
  ) {
    this.#groupId = `${replyTopic(connection.service)}.${random}`;
  }

  /** Resolves when replies are read: nothing that is answered later is missed. */
  start(): Promise<void> {
    this.#ready ??= this.#start();
    return this.#ready;
  }

  /**
   * Asks and waits for the reply, which is checked against its contract. Where every replica of the answering service
   * answers, the first reply is taken and the others are dropped.
   * @param request an instance of a contract listed in this service's `asks`
   * @throws AskTimeoutError where none came in time; RequestFailedError with the answering handler's code and message;
   * ContractViolationError; UnreadableReplyError; NotPublishedError; OutcomeUnknownError; ShuttingDownError
   */
  async ask<T extends Replying<object> & object>(request: T, options: AskOptions = {}): Promise<ReplyOf<T>> {
    const { timeoutMs = 5_000 } = options;
    const asked = this.#check(request, timeoutMs);
    return (await this.#exchange('Requester.ask', asked, new OneReply(asked))) as ReplyOf<T>;
  }

  /**
   * Asks every replica of the answering service, whose handler says `delivery: 'every-replica'`, and gathers what they
   * answer until as many came as are expected, or time is up: then with what there is, be it nothing. A replica that answers
   * twice is counted once; one whose handler failed is among the failures. Where one replica handles the request, one answers.
   * @param request an instance of a contract listed in this service's `asks`
   * @throws ContractViolationError, NotPublishedError, OutcomeUnknownError, ShuttingDownError: then nothing is known;
   * SettingsError for options that can't work
   */
  async askAll<T extends Replying<object> & object>(request: T, options: AskAllOptions): Promise<Gathered<ReplyOf<T>>> {
    const { timeoutMs, expected } = options;
    const asked = this.#check(request, timeoutMs);
    if (expected !== undefined && !(Number.isInteger(expected) && expected >= 1 && expected <= MOST_EXPECTED)) {
      throw new SettingsError(`expected is ${expected}; a whole number from 1 to ${MOST_EXPECTED} is needed.`);
    }
    const gathered = await this.#exchange('Requester.askAll', asked, new Gathering(asked, expected));
    return gathered as Gathered<ReplyOf<T>>;
  }

  /** What is pending is rejected, the group is left and deleted. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const pending of [...this.#pending.values()]) {
      const error = new ShuttingDownError('The service stops before a reply came.');
      pending.end({ result: 'failed', further: 'late', error });
    }
    if (!this.#consumer) return;
    await bounded(this.#consumer.stop(), STOP_MS); // it has nothing to commit
    await bounded(this.admin.deleteGroups([this.#groupId]), STOP_MS); // empty groups go at the broker's next check
    this.health.stopped(this.#groupId);
  }

  async #start(): Promise<void> {
    this.health.starting(this.#groupId);
    await startConsumer(this.#groupId, this.connection.settings.startTimeoutMs, () => this.#makeConsumer());
    // Stopped meanwhile: kafkajs would run on.
    if (this.#stopping) await bounded(this.#consumer?.stop(), STOP_MS);
    // `run` resolves even where the broker refuses the group.
    if (this.#crash !== undefined) throw new NotReadyError(this.#crash);
  }

  #makeConsumer(): GroupConsumer {
    if (this.#stopping) throw new ShuttingDownError('The service is stopping.');
    this.#crash = undefined;
    const options = { groupId: this.#groupId, topics: [replyTopic(this.connection.service)], from: 'now' } as const;
    this.#consumer = new GroupConsumer(this.connection, options, {
      batch: (batch) => this.#read(batch),
      joined: () => this.health.joined(this.#groupId),
      rejoining: () => Promise.resolve(),
      polled: () => this.health.polled(this.#groupId),
      crashed: (error, restarts) => this.#crashed(error, restarts),
    });
    return this.#consumer;
  }

  #crashed(error: Error, restarts: boolean): void {
    const reason = describeCrash(error, this.#groupId, this.connection);
    if (!restarts) this.#crash = reason;
    this.metrics.crashes.inc({ group: this.#groupId, restarts: String(restarts) });
    this.health.crashed(this.#groupId, reason, restarts);
    if (this.#stopping) return;
    if (restarts) this.#logger.warn(`${reason}; reconnecting.`);
    else this.#logger.error(`${reason}; replies are not read any more, the service must be restarted.`);
  }

  #check(request: object, timeoutMs: number): Asked {
    const contract = contractClassOf(request);
    const facts = contractOf(contract);
    if (facts.kind !== 'request' || !this.asks.includes(contract)) {
      throw new SettingsError(
        `${contract.name} is not among the requests that this service asks (KafkaModule, \`asks\`).`,
      );
    }
    if (!this.#ready) throw new NotReadyError('Replies are not read yet: call startAllMicroservices() before asking.');
    if (this.#stopping) throw new ShuttingDownError('The service is stopping; nothing more is asked.');
    if (!(timeoutMs > 0 && timeoutMs <= LONGEST_TIMER)) {
      throw new SettingsError(`timeoutMs is ${timeoutMs}; 1 to ${LONGEST_TIMER} ms are needed.`);
    }
    assertFulfilled(request);
    return { request, contract, topic: facts.topic, reply: facts.reply, timeoutMs };
  }

  #exchange<R>(name: string, asked: Asked, waiting: Waiting<R>): Promise<R> {
    const { request, topic, timeoutMs } = asked;
    const id = randomUUID();
    return new Promise<R>((resolve, reject) => {
      const end = (how: End<R>): void => {
        // Over already: the send may fail after the reply came, or after the time was up.
        if (!this.#pending.delete(id)) return;
        clearTimeout(timer);
        this.#remember(id, how.further);
        this.metrics.asks.inc({ topic, result: how.result });
        if ('error' in how) reject(how.error);
        else resolve(how.value);
      };
      const timer = setTimeout(() => end(waiting.expire()), timeoutMs);
      // Before the request is sent: the reply may come before the broker's acknowledgement does.
      this.#pending.set(id, { name, take: (record) => waiting.take(record), end });
      this.#send(request, topic, id).catch((error: Error) => end({ result: 'not-sent', further: 'late', error }));
    });
  }

  async #send(request: object, topic: string, id: string): Promise<void> {
    // A reply that comes before the position is known would be missed.
    await this.#ready;
    const { service } = this.connection;
    await this.sender.send({
      topic,
      key: null,
      value: Buffer.from(JSON.stringify(request)),
      headers: {
        ...messageHeaders({ id, type: topic, service, time: new Date() }),
        [CORRELATION_ID]: Buffer.from(id),
        [REPLY_TOPIC]: Buffer.from(replyTopic(service)),
      },
    });
  }

  #read(batch: ConsumedBatch): void {
    for (const record of batch.records) {
      // Foreign ids are dropped before anything is parsed.
      const id = headerText(record.headers, CORRELATION_ID) ?? '';
      const pending = this.#pending.get(id);
      if (pending) this.#take(record, pending);
      else
        this.metrics.repliesDropped.inc({
          reason: id ? (this.#over.get(id) ?? this.#overBefore.get(id) ?? 'foreign') : 'unidentified',
        });
    }
  }

  #take(record: ConsumedRecord, pending: Pending): void {
    const { outcome, unreadable, end } = pending.take(record);
    if (outcome === 'duplicate') return this.metrics.repliesDropped.inc({ reason: outcome });
    if (unreadable) {
      this.metrics.repliesDropped.inc({ reason: 'unreadable' });
      this.#logger.warn(unreadable.message);
    }
    if (end) pending.end(end);
    const incoming = new Incoming(record);
    incoming.attempt = 1;
    this.journal.note(incoming, this.#groupId, pending.name, outcome);
  }

  #remember(id: string, further: 'late' | 'duplicate'): void {
    this.#over.set(id, further);
    if (this.#over.size < REMEMBERED) return;
    this.#overBefore = this.#over;
    this.#over = new Map();
  }
}
