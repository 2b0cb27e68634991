import { Injectable } from '@nestjs/common';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { RunHandling } from '../batches/run-handling.js';
import type { RunTransactions } from '../batches/run-transactions.js';
import type { BrokerAdmin, ConsumedRecord, KafkaConnection } from '../client/index.js';
import { contractOf } from '../contract/index.js';
import type { Journal } from '../counting/journal.js';
import type { KafkaMetrics } from '../counting/metrics.js';
import { SettingsError } from '../errors.js';
import { giverUp } from '../dead-letters/dead-letter.js';
import type { DeadLetters } from '../dead-letters/dead-letters.js';
import { bothRead } from '../dead-letters/of-others/readers.js';
import type { EventHandling } from '../errors-and-retries/event-handling.js';
import type { Verdict } from '../errors-and-retries/classify.js';
import { delaysOf, type FailureOptions, type FailurePolicy, keepsOrder } from '../errors-and-retries/failure-policy.js';
import { bounded } from '../handling/bounded.js';
import { type HandledIn, type HandlerCalls, lastOf } from '../handling/handler-calls.js';
import { type HandlerExtras, KAFKA_TRANSPORT } from '../handling/handler-options.js';
import { HandlingGroup } from '../handling/handling-group.js';
import { lagOf } from '../counting/lag.js';
import type { LaneControl, Outcome } from '../handling/lane-control.js';
import type { LaneRuns } from '../handling/lane.js';
import type { MessageContext } from '../handling/message-context.js';
import { mayPass } from '../handling/start-consumer.js';
import { untilDeadline } from '../handling/until-deadline.js';
import { handlesContract, handlesDeadLetters, type RegisteredHandler } from '../handling/registered-handler.js';
import type { KafkaHealth } from '../health/kafka-health.js';
import type { KafkaProgress } from '../historical-messages/kafka-progress.js';
import { ReplayGroup } from '../historical-messages/replay-group.js';
import { type ReplayFailure, ReplayHandling } from '../historical-messages/replay-handling.js';
import type { Range } from '../historical-messages/replay-plan.js';
import type { EventForwarder } from '../publishing/event-forwarder.js';
import type { RecordSender } from '../publishing/record-sender.js';
import type { Answering } from '../request-reply/answering.js';
import type { Requester } from '../request-reply/requester.js';
import { RetryHandling } from '../retry-topics/retry-handling.js';
import { retryDelaysIn, retryGroup, retryTopic } from '../retry-topics/retry-topic.js';
import { computeTopology, groupOf, retryDelaysOf, type ServiceDefinition } from '../topology/topology.js';
import { prepareTopics } from '../topology/prepare-topics.js';

/** What the transport is made of; KafkaModule puts it together. */
export interface TransportParts {
  readonly definition: ServiceDefinition;
  readonly connection: KafkaConnection;
  readonly admin: BrokerAdmin;
  readonly sender: RecordSender;
  readonly forwarder: EventForwarder;
  readonly requester: Requester;
  readonly events: EventHandling;
  readonly deadLetters: DeadLetters;
  readonly answering: Answering;
  readonly health: KafkaHealth;
  readonly metrics: KafkaMetrics;
  readonly journal: Journal;
  readonly progress: KafkaProgress;
  readonly calls: HandlerCalls;
  verdictOn(this: void, error: Error): Verdict;
  readonly random: string;
}

/**
 * NestJS' transport for Kafka: `app.connectMicroservice({ strategy: app.get(KafkaTransport) }, { inheritAppConfig: true })`.
 */
@Injectable()
export class KafkaTransport extends Server implements CustomTransportStrategy {
  override readonly transportId = KAFKA_TRANSPORT;
  /** A handler's error is this transport's to deal with; Nest would log it once more. */
  override readonly propagatesEventHandlerErrors = true;
  readonly #handlers = new Map<string, RegisteredHandler>();
  readonly #groups: HandlingGroup[] = [];
  #closing: Promise<void> | undefined;
  #duplicate: string | undefined;
  #isHooked = false;

  readonly #runs: RunHandling | undefined;

  constructor(
    private readonly parts: TransportParts,
    private readonly transactions?: RunTransactions,
  ) {
    super();
    this.#runs = transactions && new RunHandling(parts.events, parts.calls, transactions);
  }

  /**
   * Nest calls it for each method with a decorator of this package; stock `@EventPattern` has its own transport.
   */
  override addHandler(
    pattern: unknown,
    callback: MessageHandler,
    isEvent = false,
    extras: Record<string, unknown> = {},
  ): void {
    const options = extras as Partial<HandlerExtras>;
    const { contract, deadLettersOf, handler: name, delivery, concurrency = 1, batch = 1 } = options;
    // Without a transport id of its own a stock handler is offered to every microservice of the app.
    if (!(contract ?? deadLettersOf) || !name || !delivery) return;
    super.addHandler(pattern, callback, isEvent, extras);
    const call = (payload: unknown, context: MessageContext) => this.#invoke(callback, payload, context);
    const invoke = batch === 1 ? call : this.#inTransaction(call);
    const policy = this.#policyOf(options);
    const { timeLimitMs = this.parts.connection.settings.timeLimitMs } = options;
    const commons = { name, delivery, concurrency, batch, policy, timeLimitMs, invoke };
    if (contract) {
      const { topic, kind } = contractOf(contract);
      return this.#register({ ...commons, contract, topic, kind });
    }
    // Nest calls once for each of its topics.
    const topic = pattern as string;
    this.#register({ ...commons, kind: 'dead-letter', of: giverUp(topic), topic });
  }

  #register(handler: RegisteredHandler): void {
    const other = this.#handlers.get(handler.topic);
    if (other) this.#duplicate ??= bothHandle(other, handler);
    this.#handlers.set(handler.topic, handler);
  }

  /** What Nest has told of so far. @internal */
  get handlers(): readonly RegisteredHandler[] {
    return [...this.#handlers.values()];
  }

  /** Errors go to the callback: an async `listen` that throws would hang Nest for ever. */
  listen(callback: (error?: unknown) => void): void {
    this.#start().then(
      () => callback(),
      // What was begun would keep the process alive.
      (error: unknown) => void this.close().finally(() => callback(error)),
    );
  }

  /** Order: stop consuming (finish, commit, leave), then pending asks, then what is still to be sent. */
  close(): Promise<void> {
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  /**
   * In place of `listen`: the handlers get these ranges, and nothing else. To be run and stopped by the caller.
   * @internal `runReplay` is what people call
   */
  replay(
    ranges: readonly Range[],
    { groupId, connection, admin }: { groupId: string; connection: KafkaConnection; admin: BrokerAdmin },
    onFailure: (failure: ReplayFailure) => void,
  ): { readonly group: ReplayGroup; readonly handling: ReplayHandling } {
    const handling = new ReplayHandling(this.parts.calls, this.parts.verdictOn, onFailure);
    const handle = (record: ConsumedRecord, lane: LaneControl, group: HandledIn): Promise<Outcome> => {
      const handler = this.#handlers.get(record.topic);
      if (handler?.kind !== 'event') throw new Error(`No handler of events hears ${record.topic}.`);
      return handling.handle(record, handler, { lane, group });
    };
    return { handling, group: new ReplayGroup(groupId, ranges, connection, admin, handle) };
  }

  override setOnProcessingStartHook(...hook: Parameters<Server['setOnProcessingStartHook']>): void {
    this.#isHooked = true;
    super.setOnProcessingStartHook(...hook);
  }

  override setOnProcessingEndHook(...hook: Parameters<Server['setOnProcessingEndHook']>): void {
    this.#isHooked = true;
    super.setOnProcessingEndHook(...hook);
  }

  on(): void {
    throw new SettingsError('KafkaTransport emits no events: ask KafkaHealth, or read KafkaMetrics.');
  }

  /** kafkajs' consumers, one for each group. */
  unwrap<T>(): T {
    return this.#groups.map((group) => group.raw) as T;
  }

  #policyOf(options: FailureOptions): FailurePolicy {
    const { definition, connection } = this.parts;
    const { retryPausesMs, keepOrderPausesMs } = connection.settings;
    return {
      pausesMs: options.retryPausesMs ?? (keepsOrder(options) ? keepOrderPausesMs : retryPausesMs),
      delaysMs: delaysOf(options, definition.retryDelaysMs),
      keepsOrder: keepsOrder(options),
    };
  }

  async #start(): Promise<void> {
    const { definition, connection, admin, requester, health, metrics, progress } = this.parts;
    if (this.#duplicate) throw new SettingsError(this.#duplicate);
    const { handlers } = this;
    checkBatches(handlers, this.transactions);
    const ofContracts = handlers.filter(handlesContract);
    const topology = computeTopology(definition, ofContracts, handlers.filter(handlesDeadLetters));
    const { settings, address } = connection;
    await prepareTopics(topology, admin, {
      address,
      production: settings.production,
      brokerTimeoutMs: settings.startTimeoutMs,
      topicTimeoutMs: settings.topicTimeoutMs,
    });
    const topics = await untilDeadline(settings.startTimeoutMs, () => admin.topicNames());
    const leftDelays = retryDelaysIn(topics, definition.service);
    this.#makeGroups(handlers, [...retryDelaysOf(ofContracts), ...leftDelays]);
    for (const group of this.#groups) metrics.watchLag(group.groupId, lagOf(group, admin));
    const look = () => progress.begin(groupOf(definition), sharedTopics(handlers));
    await untilDeadline(settings.startTimeoutMs, look, mayPass);
    await Promise.all([
      ...(definition.asks?.length ? [requester.start()] : []),
      ...this.#groups.map((group) => group.start()),
    ]);
    health.opened();
  }

  /** @param delaysMs of retry topics, also of those that are there: what an earlier version left in them waits */
  #makeGroups(handlers: readonly RegisteredHandler[], delaysMs: readonly number[]): void {
    const { definition, connection, health, metrics, random } = this.parts;
    const handle = (record: ConsumedRecord, lane: LaneControl, group: HandlingGroup) =>
      this.#handle(record, lane, group);
    const concurrencyOf = (topic: string) => this.#handlers.get(topic)?.concurrency ?? 1;
    const shared = sharedTopics(handlers);
    if (shared.length > 0) {
      const options = { groupId: groupOf(definition), topics: shared, from: 'committed' } as const;
      const runsOf = (topic: string, group: HandlingGroup) => this.#runsOf(topic, group);
      this.#groups.push(new HandlingGroup(connection, options, handle, health, metrics, concurrencyOf, runsOf));
    }
    this.#makeRetryGroup(delaysMs);
    const everyReplica = topicsWith('every-replica', handlers);
    if (everyReplica.length > 0) {
      const options = {
        groupId: `${definition.service}.replica.${random}`,
        topics: everyReplica,
        from: 'now',
      } as const;
      this.#groups.push(new HandlingGroup(connection, options, handle, health, metrics, concurrencyOf));
    }
  }

  /** A consumer of its own: what waits there until it is due holds up nothing of the main line. */
  #makeRetryGroup(delaysMs: readonly number[]): void {
    const { definition, connection, events, deadLetters, health, metrics } = this.parts;
    const { service } = definition;
    const delays = new Map(delaysMs.map((delayMs) => [retryTopic(service, delayMs), delayMs]));
    if (delays.size === 0) return;
    const retries = new RetryHandling(events, deadLetters, (topic) => this.#handlers.get(topic));
    const handle = (record: ConsumedRecord, lane: LaneControl, group: HandlingGroup) =>
      retries.handle(record, delays.get(record.topic) ?? 0, { lane, group });
    const gathers = [...delays.values()].every((delayMs) => delayMs >= LEISURE_MS);
    const options = { groupId: retryGroup(service), topics: [...delays.keys()], from: 'committed', gathers } as const;
    this.#groups.push(new HandlingGroup(connection, options, handle, health, metrics, () => RETRIES_SIDE_BY_SIDE));
  }

  #handle(record: ConsumedRecord, lane: LaneControl, group: HandlingGroup): Promise<Outcome> {
    const handler = this.#handlers.get(record.topic);
    // A topic that is subscribed to has a handler.
    if (!handler) return Promise.resolve('settled');
    const { events, answering } = this.parts;
    if (handler.kind === 'request') return answering.handle(record, handler, { lane, group });
    if (handler.batch > 1 && this.#runs && handlesContract(handler)) {
      return this.#runs.alone(record, handler, { lane, group });
    }
    return events.handle(record, handler, { lane, group });
  }

  #runsOf(topic: string, group: HandlingGroup): LaneRuns | undefined {
    const handler = this.#handlers.get(topic);
    const runs = this.#runs;
    if (!runs || handler?.kind !== 'event' || handler.batch === 1) return undefined;
    return { most: handler.batch, handle: (records, lane) => runs.together(records, handler, { lane, group }) };
  }

  /** Also where it is handled alone: in a retry, in a replay. An Observable ends inside. */
  #inTransaction(call: RegisteredHandler['invoke']): RegisteredHandler['invoke'] {
    return (payload, context) =>
      this.transactions ? this.transactions.alone(() => lastOf(call(payload, context))) : call(payload, context);
  }

  /** With the hooks that tracing hangs on, where there are any. */
  #invoke(callback: MessageHandler, payload: unknown, context: MessageContext): Promise<unknown> {
    if (!this.#isHooked) return callback(payload, context) as Promise<unknown>;
    return new Promise((resolve, reject) => {
      this.onProcessingStartHook(this.transportId, context, async () => {
        await lastOf(callback(payload, context))
          .then(resolve, reject)
          .finally(() => this.onProcessingEndHook?.(this.transportId, context));
      });
    });
  }

  async #stop(): Promise<void> {
    const { admin, requester, sender, journal, health, progress } = this.parts;
    health.closing();
    progress.stop();
    await Promise.all(this.#groups.map((group) => group.stop()));
    await requester.stop();
    await sender.close();
    const forAWhile = this.#groups.filter((group) => group.options.from === 'now').map((group) => group.groupId);
    await bounded(admin.deleteGroups(forAWhile), CLOSE_MS); // empty groups go at the broker's next check
    await bounded(admin.close(), CLOSE_MS);
    await journal.close();
  }
}

const topicsWith = (delivery: RegisteredHandler['delivery'], handlers: readonly RegisteredHandler[]): string[] =>
  handlers.filter((handler) => handler.delivery === delivery).map(({ topic }) => topic);

/** Those whose partitions the replicas share. */
const sharedTopics = (handlers: readonly RegisteredHandler[]): string[] => topicsWith('one-replica', handlers);

function bothHandle(one: RegisteredHandler, other: RegisteredHandler): string {
  if (other.kind === 'dead-letter') return bothRead(one.name, other.name, other.of);
  return `${one.name} and ${other.name} both handle ${other.contract.name}: one handler for each contract and service.`;
}

function checkBatches(handlers: readonly RegisteredHandler[], transactions: RunTransactions | undefined): void {
  const batched = handlers.find(({ batch }) => batch > 1);
  if (!batched || transactions) return;
  throw new SettingsError(
    `${batched.name} has batch ${batched.batch}, which needs transactions: import InboxModule of @fieldguide/outbox, or provide RunTransactions in a global module.`,
  );
}

const CLOSE_MS = 2_000;
/** Whoever waits for so long may be fetched a little later, in ms. */
const LEISURE_MS = 1_000;
/** Of one partition, one of each key: a slow one must not make those late that are due meanwhile. */
const RETRIES_SIDE_BY_SIDE = 16;
