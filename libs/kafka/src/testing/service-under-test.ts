import {
  type INestApplication,
  type LoggerService,
  type ModuleMetadata,
  type Provider,
  type Type,
  ValidationPipe,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { randomBytes } from 'node:crypto';
import { KafkaModule } from '../bootstrap/kafka.module.js';
import { KafkaTransport } from '../bootstrap/kafka.transport.js';
import type { KafkaSettings } from '../client/index.js';
import type { ContractClass } from '../contract/index.js';
import { KafkaMetrics } from '../counting/metrics.js';
import { KafkaHealth } from '../health/kafka-health.js';
import { EventPublisher } from '../publishing/event-publisher.js';
import { Requester } from '../request-reply/requester.js';
import { brokers } from './brokers.js';

export interface ServiceOptions {
  readonly service: string;
  readonly groupId?: string;
  readonly contracts: readonly ContractClass[];
  readonly asks?: readonly ContractClass[];
  /** Default: none. */
  readonly retryDelaysMs?: readonly number[];
  /** Modules beside KafkaModule. */
  readonly imports?: ModuleMetadata['imports'];
  readonly controllers?: readonly Type[];
  readonly providers?: readonly Provider[];
  readonly settings?: Partial<KafkaSettings>;
  /** Default: nothing is printed. */
  readonly logger?: LoggerService;
}

export interface ServiceUnderTest {
  readonly app: INestApplication;
  readonly events: EventPublisher;
  readonly requester: Requester;
  readonly health: KafkaHealth;
  readonly metrics: KafkaMetrics;
  stop(): Promise<void>;
}

/** What a busy machine reaches would end what a spec has running: its place in a group, a handler that it holds. */
const PATIENT = { sessionTimeoutMs: 30_000, timeLimitMs: 300_000 };

/** Services of this spec. */
export const namesInUse: string[] = [];

/** A name that no other spec has: topics and groups of a service begin with it. */
export function uniqueService(name: string): string {
  const service = `${name}-${randomBytes(4).toString('hex')}`;
  namesInUse.push(service);
  return service;
}

/** A service in this process, put together as `main.ts` does it. */
export async function startService(options: ServiceOptions): Promise<ServiceUnderTest> {
  const { service, groupId, contracts, asks = [], retryDelaysMs = [] } = options;
  const { imports = [], controllers = [], providers = [], settings = {}, logger } = options;
  const module = await Test.createTestingModule({
    imports: [
      KafkaModule.forService(
        { service, groupId, contracts, asks, retryDelaysMs },
        { useFactory: () => ({ brokers: brokers(), ...PATIENT, ...settings }) },
      ),
      ...imports,
    ],
    controllers: [...controllers],
    providers: [...providers],
  }).compile();
  const app = module.createNestApplication({ logger: logger ?? (process.env['SHOW_LOGS'] ? undefined : false) });
  app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true }));
  app.connectMicroservice({ strategy: app.get(KafkaTransport) }, { inheritAppConfig: true });
  try {
    await app.startAllMicroservices();
    await app.init();
  } catch (error) {
    // A process would end; here, what was begun would go on.
    await app.close();
    throw error;
  }
  return {
    app,
    events: app.get(EventPublisher),
    requester: app.get(Requester),
    health: app.get(KafkaHealth),
    metrics: app.get(KafkaMetrics),
    stop: () => app.close(),
  };
}
