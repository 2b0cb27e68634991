import { AsyncLocalStorage } from 'node:async_hooks';
import { Inject, Injectable } from '@nestjs/common';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { Database } from './database.js';

/** Where repositories get at the database: in a transaction where their caller is in one. */
@Injectable()
export class TransactionHost {
  private readonly running = new AsyncLocalStorage<NodePgDatabase>();

  constructor(private readonly database: Database) {}

  /** The running `@Transactional()`'s transaction, else the database itself. */
  get tx(): NodePgDatabase {
    return this.running.getStore() ?? this.database.drizzle;
  }

  /** Runs `work` in a transaction: in the running one where there is one, so that all of it holds or nothing. */
  async withTransaction<R>(work: () => Promise<R>): Promise<R> {
    if (this.running.getStore()) return work();
    return this.database.drizzle.transaction((tx) => this.running.run(tx, work));
  }
}

const HOST = Symbol('TransactionHost');

/**
 * Runs a provider's method in one transaction, which every repository that it calls takes part in: it is committed when the
 * method resolves, and rolled back when it throws.
 */
export function Transactional() {
  return <P extends unknown[], R>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<(...parameters: P) => Promise<R>>,
  ): void => {
    const method = descriptor.value;
    if (!method) throw new TypeError(`@Transactional() is for methods, and ${String(key)} is none.`);
    Inject(TransactionHost)(target, HOST);
    const transactional = function (this: { [HOST]: TransactionHost }, ...parameters: P): Promise<R> {
      return this[HOST].withTransaction(() => method.apply(this, parameters));
    };
    // Other decorators have left what they know on the method: routes, patterns, guards.
    for (const name of Reflect.getMetadataKeys(method) as unknown[]) {
      Reflect.defineMetadata(name, Reflect.getMetadata(name, method), transactional);
    }
    descriptor.value = transactional;
  };
}
