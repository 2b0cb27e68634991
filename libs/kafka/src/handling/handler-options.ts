import type { ContractClass } from '../contract/index.js';

/** One transport of this kind in an app: a second microservice does not register these handlers, too. */
export const KAFKA_TRANSPORT = Symbol('@fieldguide/kafka');

export interface HandleEventOptions {
  /**
   * `one-replica`: each event reaches one replica of the service; the group's committed position survives restarts.
   * `every-replica`: each event reaches every replica that runs, from its start on; nothing is committed.
   * Default: `one-replica`.
   */
  readonly delivery?: 'one-replica' | 'every-replica';
}

/** What a decorator leaves in Nest's pattern extras, and the transport reads. */
export interface HandlerExtras {
  readonly contract: ContractClass;
  /** `Class.method`. */
  readonly handler: string;
  readonly delivery: 'one-replica' | 'every-replica';
}
