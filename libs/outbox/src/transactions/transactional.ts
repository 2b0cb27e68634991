import { Inject } from '@nestjs/common';
import { Transactions } from './transactions.js';

const TRANSACTIONS = Symbol('Transactions');

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
    Inject(Transactions)(target, TRANSACTIONS);
    const transactional = function (this: { [TRANSACTIONS]: Transactions }, ...parameters: P): Promise<R> {
      return this[TRANSACTIONS].withTransaction(() => method.apply(this, parameters));
    };
    keepMetadata(method, transactional);
    descriptor.value = transactional;
  };
}

/** Other decorators have left what they know on the method: routes, patterns, guards. */
export function keepMetadata(method: object, wrapper: object): void {
  for (const name of Reflect.getMetadataKeys(method) as unknown[]) {
    Reflect.defineMetadata(name, Reflect.getMetadata(name, method), wrapper);
  }
}
