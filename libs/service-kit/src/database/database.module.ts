import { fileURLToPath } from 'node:url';
import { Transactions } from '@fieldguide/outbox';
import { type DynamicModule, type InjectionToken, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Database, type DatabaseSettings } from './database.js';
import { ErrorsWithoutValues } from './errors-without-values.js';
import { TransactionHost } from './transactions.js';

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
      providers: [
        { provide: Database, inject: how.inject, useFactory: open },
        TransactionHost,
        { provide: Transactions, useExisting: TransactionHost },
        { provide: APP_INTERCEPTOR, useClass: ErrorsWithoutValues },
      ],
      exports: [Database, TransactionHost, Transactions],
    };
  }
}
