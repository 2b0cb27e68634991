import { Injectable, Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import {
  type BrokerAdmin,
  type ConsumedBatch,
  type ConsumedRecord,
  describeCrash,
  GroupConsumer,
  headerBytes,
  headerText,
  type KafkaConnection,
} from '../client/index.js';
import {
  assertFulfilled,
  type ContractClass,
  contractClassOf,
  contractOf,
  fulfil,
  type Replying,
  type ReplyOf,
} from '../contract/index.js';
import type { Journal } from '../counting/journal.js';
import type { KafkaMetrics } from '../counting/metrics.js';
import {
  AskTimeoutError,
  NotReadyError,
  RequestFailedError,
  SettingsError,
  ShuttingDownError,
  UnreadableReplyError,
} from '../errors.js';
import { Incoming, readValue } from '../handling/incoming.js';
import { bounded } from '../handling/bounded.js';
import { startConsumer } from '../handling/start-consumer.js';
import type { KafkaHealth } from '../health/kafka-health.js';
import { messageHeaders } from '../publishing/message-headers.js';
import type { RecordSender } from '../publishing/record-sender.js';
import { CORRELATION_ID, NEST_ERROR, readWireError, REPLY_TOPIC } from './wire.js';

/** How long one ask may take. */
export interface AskOptions {
  /** Milliseconds until the ask is given up, sending included. Default: 5 000. */
  readonly timeoutMs?: number;
}

interface Pending {
  readonly contract: ContractClass;
  readonly reply: ContractClass;
  readonly resolve: (reply: object) => void;
  readonly reject: (error: Error) => void;
}

const STOP_MS = 3_000;
const REMEMBERED = 5_000;
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
   * Asks and waits for the reply, which is checked against its contract.
   * @param request an instance of a contract listed in this service's `asks`
   * @throws AskTimeoutError where none came in time; RequestFailedError with the answering handler's code and message;
   * ContractViolationError; UnreadableReplyError; NotPublishedError; OutcomeUnknownError; ShuttingDownError
   */
  async ask<T extends Replying<object> & object>(request: T, options: AskOptions = {}): Promise<ReplyOf<T>> {
    const contract = contractClassOf(request);
    const facts = contractOf(contract);
    if (facts.kind !== 'request' || !this.asks.includes(contract)) {
      throw new SettingsError(
        `${contract.name} is not among the requests that this service asks (KafkaModule, \`asks\`).`,
      );
    }
    if (!this.#ready) throw new NotReadyError('Replies are not read yet: call startAllMicroservices() before asking.');
    if (this.#stopping) throw new ShuttingDownError('The service is stopping; nothing more is asked.');
    const { timeoutMs = 5_000 } = options;
    if (!(timeoutMs > 0 && timeoutMs <= LONGEST_TIMER)) {
      throw new SettingsError(`timeoutMs is ${timeoutMs}; 1 to ${LONGEST_TIMER} ms are needed.`);
    }
    assertFulfilled(request);
    const reply = await this.#exchange(request, contract, facts.topic, facts.reply, timeoutMs);
    return reply as ReplyOf<T>;
  }

  /** What is pending is rejected, the group is left and deleted. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const { reject } of this.#pending.values())
      reject(new ShuttingDownError('The service stops before a reply came.'));
    this.#pending.clear();
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

  #exchange(
    request: object,
    contract: ContractClass,
    topic: string,
    reply: ContractClass,
    timeoutMs: number,
  ): Promise<object> {
    const id = randomUUID();
    return new Promise<object>((resolve, reject) => {
      const giveUp = (result: string, error: Error): void => {
        settle(result, result === 'failed' ? 'duplicate' : 'late');
        reject(error);
      };
      const timer = setTimeout(() => {
        giveUp('timeout', new AskTimeoutError(`No reply to ${contract.name} came within ${timeoutMs} ms.`));
      }, timeoutMs);
      const settle = (result: string, further: 'late' | 'duplicate'): void => {
        clearTimeout(timer);
        this.#pending.delete(id);
        this.#remember(id, further);
        this.metrics.asks.inc({ topic, result });
      };
      // Before the request is sent: the reply may come before the broker's acknowledgement does.
      this.#pending.set(id, {
        contract,
        reply,
        resolve: (value) => {
          settle('ok', 'duplicate');
          resolve(value);
        },
        reject: (error) => giveUp('failed', error),
      });
      this.#send(request, topic, id).catch((error: Error) => giveUp('not-sent', error));
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
      if (pending) this.#settle(record, pending);
      else
        this.metrics.repliesDropped.inc({
          reason: id ? (this.#over.get(id) ?? this.#overBefore.get(id) ?? 'foreign') : 'unidentified',
        });
    }
  }

  #settle(record: ConsumedRecord, { contract, reply, resolve, reject }: Pending): void {
    const error = headerBytes(record.headers, NEST_ERROR);
    if (error) {
      const { code, message } = readWireError(error);
      reject(new RequestFailedError(code, message));
    } else {
      try {
        resolve(fulfil(reply, readValue(record)));
      } catch (cause) {
        this.metrics.repliesDropped.inc({ reason: 'unreadable' });
        const what = `The reply to ${contract.name} is no ${reply.name}: ${(cause as Error).message}`;
        this.#logger.warn(what);
        reject(new UnreadableReplyError(what, { cause }));
      }
    }
    this.#note(record, error ? 'error' : 'replied');
  }

  #note(record: ConsumedRecord, outcome: string): void {
    const incoming = new Incoming(record);
    incoming.attempt = 1;
    this.journal.note(incoming, this.#groupId, 'Requester.ask', outcome);
  }

  #remember(id: string, further: 'late' | 'duplicate'): void {
    this.#over.set(id, further);
    if (this.#over.size < REMEMBERED) return;
    this.#overBefore = this.#over;
    this.#over = new Map();
  }
}
