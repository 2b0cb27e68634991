import {
  type DynamicModule,
  Global,
  type InjectionToken,
  Logger,
  Module,
  type ModuleMetadata,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { randomBytes } from 'node:crypto';
import { RunTransactions } from '../batches/run-transactions.js';
import { BrokerAdmin, KafkaConnection, type KafkaSettings, ProducerSession, withDefaults } from '../client/index.js';
import { contractOf } from '../contract/index.js';
import { Journal } from '../counting/journal.js';
import { KafkaMetrics } from '../counting/metrics.js';
import { DeadLetters } from '../dead-letters/dead-letters.js';
import { classify, toError, type Verdict } from '../errors-and-retries/classify.js';
import { EventHandling } from '../errors-and-retries/event-handling.js';
import { Handover } from '../errors-and-retries/handover.js';
import { HandlerCalls } from '../handling/handler-calls.js';
import { KafkaHealth } from '../health/kafka-health.js';
import { KafkaProgress } from '../historical-messages/kafka-progress.js';
import { Coalescer, LIMITS } from '../publishing/coalescer.js';
import { EventForwarder } from '../publishing/event-forwarder.js';
import { EventPublisher } from '../publishing/event-publisher.js';
import { RecordSender } from '../publishing/record-sender.js';
import { TopicDirectory } from '../publishing/topic-directory.js';
import { Answering } from '../request-reply/answering.js';
import { RetryTopics } from '../retry-topics/retry-topics.js';
import { Requester } from '../request-reply/requester.js';
import { HeardTopics } from '../topology/heard-topics.js';
import type { ServiceDefinition } from '../topology/topology.js';
import { KafkaTransport, type TransportParts } from './kafka.transport.js';
import { OriginalErrorFilter } from './original-error.filter.js';

/** How the settings come about, in the form of Nest's own `…Async` modules. */
export interface KafkaSettingsFactory extends Pick<ModuleMetadata, 'imports'> {
  /** What `useFactory` is called with. Default: nothing. */
  readonly inject?: InjectionToken[];
  /** Called once, before anything is connected. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in Nest: the parameters are what `inject` names
  readonly useFactory: (...dependencies: any[]) => KafkaSettings | Promise<KafkaSettings>;
}

const PARTS = Symbol('KafkaModule parts');
/** Where `--topology` finds what the service is, without making anything. */
export const SERVICE_DEFINITION = Symbol('KafkaModule definition');

/**
 * Everything that a service needs on Kafka: EventPublisher, Requester, KafkaTransport, KafkaHealth, KafkaProgress,
 * KafkaMetrics, HeardTopics.
 * Global: import it once, in the app's module.
 */
@Global()
@Module({})
export class KafkaModule implements OnApplicationShutdown {
  constructor(private readonly transport: KafkaTransport) {}

  /**
   * @param definition what the service is: known without a broker or an environment, so that `--topology` can print it
   * @param settings how it reaches the broker
   */
  static forService(definition: ServiceDefinition, settings: KafkaSettingsFactory): DynamicModule {
    const part = <K extends keyof TransportParts>(
      token: Provider & (abstract new (...args: never[]) => TransportParts[K]),
      name: K,
    ) => ({
      provide: token as InjectionToken,
      inject: [PARTS],
      useFactory: (parts: TransportParts) => parts[name],
    });
    return {
      module: KafkaModule,
      imports: settings.imports ?? [],
      providers: [
        { provide: SERVICE_DEFINITION, useValue: definition },
        {
          provide: PARTS,
          inject: settings.inject ?? [],
          useFactory: async (...dependencies: unknown[]) =>
            assemble(definition, await settings.useFactory(...dependencies)),
        },
        part(Requester, 'requester'),
        part(KafkaHealth, 'health'),
        part(KafkaMetrics, 'metrics'),
        part(KafkaProgress, 'progress'),
        part(EventForwarder, 'forwarder'),
        {
          provide: EventPublisher,
          inject: [PARTS],
          useFactory: ({ sender, metrics }: TransportParts) => new EventPublisher(definition.service, sender, metrics),
        },
        {
          provide: KafkaTransport,
          inject: [PARTS, { token: RunTransactions, optional: true }],
          useFactory: (parts: TransportParts, transactions?: RunTransactions) =>
            new KafkaTransport(parts, transactions),
        },
        {
          provide: HeardTopics,
          inject: [PARTS, KafkaTransport],
          useFactory: ({ admin }: TransportParts, transport: KafkaTransport) =>
            new HeardTopics(() => transport.handlers, admin),
        },
        { provide: APP_FILTER, useClass: OriginalErrorFilter },
      ],
      exports: [
        ...[EventPublisher, EventForwarder, Requester, KafkaTransport],
        ...[KafkaHealth, KafkaMetrics, KafkaProgress, HeardTopics],
      ],
    };
  }

  /** For apps that only publish: nothing closes a transport that was never connected. */
  async onApplicationShutdown(): Promise<void> {
    await this.transport.close();
  }
}

/** The service's own word where it has one; a mistake in it must not decide over a message. */
function verdictsOf({ classify: own }: KafkaSettings): (error: Error) => Verdict {
  if (!own) return classify;
  return (error) => {
    try {
      return own(error) ?? classify(error);
    } catch (mistake) {
      new Logger('Kafka').error(`classify failed on "${error.message}": ${toError(mistake).message}`);
      return classify(error);
    }
  };
}

function assemble(definition: ServiceDefinition, given: KafkaSettings): TransportParts {
  const settings = withDefaults(given);
  const { service } = definition;
  const random = randomBytes(6).toString('hex');
  const connection = new KafkaConnection(service, settings, random);
  const admin = new BrokerAdmin(connection);
  const health = new KafkaHealth();
  const metrics = new KafkaMetrics();
  metrics.watchHealth(() => health.report().status);
  const journal = new Journal(settings.journal, connection.clientId);
  const limits = { ...LIMITS, timeoutMs: settings.publishTimeoutMs, queueBytes: settings.publishQueueBytes };
  const counts = { resent: (records: number) => metrics.resent.inc(records) };
  const coalescer = new Coalescer(() => ProducerSession.connect(connection), counts, limits);
  const topics = new TopicDirectory(admin);
  const sender = new RecordSender(topics, coalescer, limits);
  const forwarding = new Coalescer(() => ProducerSession.connect(connection), counts, limits);
  const handover = new Handover(sender, health);
  const deadLetters = new DeadLetters(service, handover, metrics, settings.onDeadLetter);
  const calls = new HandlerCalls(metrics, journal, health);
  const retryTopics = new RetryTopics(service, handover);
  const judging = { verdictOn: verdictsOf(settings), breaker: settings.breaker };
  const contractTopics = new Set(definition.contracts.map((contract) => contractOf(contract).topic));
  return {
    definition,
    connection,
    admin,
    sender,
    forwarder: new EventForwarder(new RecordSender(topics, forwarding, limits), metrics),
    random,
    health,
    metrics,
    journal,
    calls,
    verdictOn: judging.verdictOn,
    progress: new KafkaProgress(admin, metrics),
    requester: new Requester(connection, definition.asks ?? [], random, sender, admin, health, metrics, journal),
    events: new EventHandling(deadLetters, retryTopics, health, metrics, calls, judging),
    deadLetters,
    answering: new Answering(service, connection.clientId, sender, deadLetters, metrics, calls, contractTopics),
  };
}
