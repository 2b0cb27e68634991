import { EventForwarder, EventPublisher, KafkaHealth, KafkaMetrics } from '@fieldguide/kafka';
import {
  type DynamicModule,
  Global,
  type InjectionToken,
  Module,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { TablesMissingError } from './errors.js';
import { Outbox } from './outbox/outbox.js';
import { OutboxMetrics } from './outbox/outbox-metrics.js';
import { type OutboxSettings, type RelaySettings, withDefaults } from './outbox/outbox-settings.js';
import { RelayPlace } from './relay/relay-place.js';
import { SideConnection } from './relay/side-connection.js';
import { Wake } from './relay/wake.js';
import { Transactions } from './transactions/transactions.js';

/** How the settings come about, in the form of Nest's own `…Async` modules. */
export interface OutboxSettingsFactory extends Pick<ModuleMetadata, 'imports'> {
  /** What `useFactory` is called with. Default: nothing. */
  readonly inject?: InjectionToken[];
  /** Called once. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in Nest: the parameters are what `inject` names
  readonly useFactory: (...dependencies: any[]) => OutboxSettings | Promise<OutboxSettings>;
}

const SETTINGS = Symbol('OutboxModule settings');

/**
 * `Outbox` for every provider of the app, and the relay. Global: import it once, in the app's module, beside KafkaModule and
 * whatever provides `Transactions` to all. Its tables: `sql/outbox.sql`, for the service's own migrations.
 */
@Global()
@Module({})
export class OutboxModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly place: RelayPlace,
    private readonly side: SideConnection,
  ) {}

  /** @param settings where the relay finds the database; SettingsError at the start where they can't work */
  static forService(settings: OutboxSettingsFactory): DynamicModule {
    return {
      module: OutboxModule,
      imports: settings.imports ?? [],
      providers: [
        {
          provide: SETTINGS,
          inject: settings.inject ?? [],
          useFactory: async (...dependencies: unknown[]) => withDefaults(await settings.useFactory(...dependencies)),
        },
        { provide: SideConnection, inject: [SETTINGS], useFactory: openSide },
        { provide: Wake, inject: [SideConnection], useFactory: (side: SideConnection) => new Wake(side) },
        {
          provide: OutboxMetrics,
          inject: [KafkaMetrics, SideConnection],
          useFactory: (metrics: KafkaMetrics, side: SideConnection) => new OutboxMetrics(metrics, side),
        },
        {
          provide: RelayPlace,
          inject: [SETTINGS, EventForwarder, Wake, KafkaHealth, OutboxMetrics],
          useFactory: (...parts: ConstructorParameters<typeof RelayPlace>) => new RelayPlace(...parts),
        },
        {
          provide: Outbox,
          inject: [Transactions, EventPublisher, Wake],
          useFactory: (...parts: ConstructorParameters<typeof Outbox>) => new Outbox(...parts),
        },
      ],
      exports: [Outbox],
    };
  }

  /** @throws TablesMissingError */
  async onApplicationBootstrap(): Promise<void> {
    // A database that does not answer at this moment is no reason not to start: the relay waits for it, and health says so.
    const [found] = await this.side.query<{ there: boolean; database: string }>(IS_THERE).catch(() => []);
    if (found?.there === false) throw new TablesMissingError(missing(found.database));
    this.place.start();
  }

  /** Not earlier: handlers and requests that still run add events. */
  async onApplicationShutdown(): Promise<void> {
    await this.place.stop();
    await this.side.close();
  }
}

const openSide = ({ databaseUrl, applicationName }: RelaySettings): SideConnection =>
  new SideConnection({ connectionString: databaseUrl, application_name: applicationName });

const IS_THERE = `select to_regclass('outbox') is not null as there, current_database() as database`;

const missing = (database: string): string =>
  `The database ${database} has no table outbox: add sql/outbox.sql of @fieldguide/outbox to the migrations of this service.`;
