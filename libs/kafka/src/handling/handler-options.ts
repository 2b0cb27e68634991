import type { ContractClass } from '../contract/index.js';

/** One transport of this kind in an app: a second microservice does not register these handlers, too. */
export const KAFKA_TRANSPORT = Symbol('@fieldguide/kafka');

/** How a handler wants its events. */
export interface HandleEventOptions {
  /**
   * `one-replica`: each event reaches one replica of the service; the group's committed position survives restarts.
   * `every-replica`: each event reaches every replica that runs, from its start on; nothing is committed.
   * Default: `one-replica`.
   */
  readonly delivery?: 'one-replica' | 'every-replica';
  /**
   * How many events of one partition are handled side by side, one of each key: those of a key keep their order, others
   * may overtake. Worth it where the handler waits (I/O). What is handled beyond one that still runs is handled again after
   * a crash. 1 to 1 000. Default: 1. Not together with `every-replica` or `keep-order`.
   */
  readonly concurrency?: number;
  /**
   * `keep-order`: later events of the partition wait while this one is tried again, whatever their keys are.
   * Default: those of its key do, and those that `concurrency` has no room for.
   */
  readonly onFailure?: 'keep-order';
}

/** How a handler wants its requests. */
export interface HandleRequestOptions {
  /**
   * How many requests of one partition are answered side by side; those that have a key, one of each. 1 to 1 000.
   * Default: 16. A request has no key unless a foreign asker gives it one, so there is no order to keep.
   */
  readonly concurrency?: number;
}

/** What a decorator leaves in Nest's pattern extras, and the transport reads. */
export interface HandlerExtras {
  readonly contract: ContractClass;
  /** `Class.method`. */
  readonly handler: string;
  readonly delivery: 'one-replica' | 'every-replica';
  readonly concurrency: number;
}
