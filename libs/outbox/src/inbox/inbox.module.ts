import { HeardTopics, KafkaHealth, KafkaMetrics, RunTransactions, SettingsError } from '@fieldguide/kafka';
import { type DynamicModule, type InjectionToken, Module, type ModuleMetadata } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { Counter } from 'prom-client';
import { Transactions } from '../transactions/transactions.js';
import { type InboxRetentionTime, keptMs } from './durations.js';
import { InboxRetention } from './inbox-retention.js';
import { checkTable } from './inbox-table.js';
import { InboxTransactions } from './inbox-transactions.js';
import { Inbox } from './inbox.js';
import { onceMethodsOf } from './once-methods.js';
import { RetentionCheck } from './retention-check.js';

/** What `useFactory` may return. */
export interface InboxSettings {
  /**
   * How long it is remembered that an event was handled: longer than the event can come again, which is the topic's
   * retention and one segment (7 days each by default, because Kafka deletes whole segments only), and the retries. A start
   * where it is shorter says so, and health is degraded. Default: `16d`.
   */
  readonly retention?: InboxRetentionTime;
  /** How often rows that are older are looked for, in ms. Default: 60 000. */
  readonly deleteEveryMs?: number;
}

/** How the settings come about, in the form of Nest's own `…Async` modules. */
export interface InboxSettingsFactory extends Pick<ModuleMetadata, 'imports'> {
  /** What `useFactory` is called with. Default: nothing. */
  readonly inject?: InjectionToken[];
  /** Default: all settings have their defaults. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in Nest: the parameters are what `inject` names
  readonly useFactory?: (...dependencies: any[]) => InboxSettings | Promise<InboxSettings>;
}

interface Kept {
  readonly retentionMs: number;
  readonly everyMs: number;
}

const KEPT = Symbol('InboxModule settings');

function withDefaults({ retention = '16d', deleteEveryMs = 60_000 }: InboxSettings): Kept {
  if (!(deleteEveryMs > 0)) {
    throw new SettingsError(`The inbox's deleteEveryMs is ${deleteEveryMs}: milliseconds above 0 are needed.`);
  }
  return { retentionMs: keptMs(retention), everyMs: deleteEveryMs };
}

/**
 * What `@Once()` and `@HandleEvent(…, { batch })` need. Global: import it once, in the app's module, beside KafkaModule and
 * a global module that provides Transactions (or one of `imports`). The start fails where the database has no table inbox.
 */
@Module({})
export class InboxModule {
  /** @param factory how the settings come about; default: all have their defaults */
  static forService({ imports = [], inject = [], useFactory }: InboxSettingsFactory = {}): DynamicModule {
    return {
      module: InboxModule,
      global: true,
      imports: [DiscoveryModule, ...imports],
      providers: [
        {
          provide: KEPT,
          inject,
          useFactory: async (...dependencies: unknown[]) => withDefaults((await useFactory?.(...dependencies)) ?? {}),
        },
        {
          provide: InboxTransactions,
          inject: [Transactions],
          useFactory: (transactions: Transactions) => new InboxTransactions(transactions),
        },
        { provide: RunTransactions, useExisting: InboxTransactions },
        {
          provide: Inbox,
          inject: [Transactions, InboxTransactions, KafkaMetrics],
          useFactory: async (transactions: Transactions, runs: InboxTransactions, { registry }: KafkaMetrics) => {
            await checkTable(transactions);
            return new Inbox(transactions, runs, duplicatesIn(registry));
          },
        },
        {
          provide: InboxRetention,
          inject: [Transactions, KEPT],
          useFactory: (transactions: Transactions, { retentionMs, everyMs }: Kept) =>
            new InboxRetention(transactions, retentionMs, everyMs),
        },
        {
          provide: RetentionCheck,
          inject: [DiscoveryService, MetadataScanner, HeardTopics, KafkaHealth, KEPT],
          useFactory: (
            discovery: DiscoveryService,
            scanner: MetadataScanner,
            heard: HeardTopics,
            health: KafkaHealth,
            { retentionMs }: Kept,
          ) => new RetentionCheck(() => onceMethodsOf(discovery, scanner), heard, health, retentionMs),
        },
      ],
      exports: [Inbox, RunTransactions],
    };
  }
}

const duplicatesIn = (registry: KafkaMetrics['registry']): Counter<'handler'> =>
  new Counter({
    name: 'inbox_duplicates_total',
    help: 'Events that came again, and were left out',
    labelNames: ['handler'],
    registers: [registry],
  });
