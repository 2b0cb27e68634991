import { fileURLToPath } from 'node:url';
import { TransactionalAdapterDrizzleOrm } from '@nestjs-cls/transactional-adapter-drizzle-orm';
import { ClsPluginTransactional } from '@nestjs-cls/transactional';
import { type DynamicModule, type InjectionToken, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { ClsModule } from 'nestjs-cls';
import { Database, type DatabaseSettings } from './database.js';
import { ErrorsWithoutValues } from './errors-without-values.js';

/** For `TransactionHost<ServiceDatabase>`: `.tx` is the running `@Transactional()`'s, or the database itself. */
export type ServiceDatabase = TransactionalAdapterDrizzleOrm<NodePgDatabase>;

const DRIZZLE = Symbol('drizzle');

/** Gives a service its own database, migrated before any part of the service is there, and `@Transactional()`. */
@Module({})
export class DatabaseModule {
  /** `migrations`: the folder of Drizzle's SQL files and their `meta/_journal.json`. */
  static forService<C>(
    what: { migrations: URL },
    how: { inject: InjectionToken<C>[]; useFactory: (config: C) => DatabaseSettings },
  ): DynamicModule {
    const open = (config: C) => Database.open(how.useFactory(config), fileURLToPath(what.migrations));
    return {
      module: DatabaseModule,
      global: true,
      imports: [
        ClsModule.forRoot({
          global: true,
          plugins: [
            new ClsPluginTransactional({
              adapter: new TransactionalAdapterDrizzleOrm<NodePgDatabase>({ drizzleInstanceToken: DRIZZLE }),
            }),
          ],
        }),
      ],
      providers: [
        { provide: Database, inject: how.inject, useFactory: open },
        { provide: DRIZZLE, inject: [Database], useFactory: (database: Database) => database.drizzle },
        { provide: APP_INTERCEPTOR, useClass: ErrorsWithoutValues },
      ],
      exports: [Database, DRIZZLE],
    };
  }
}
