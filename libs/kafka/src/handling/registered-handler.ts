import type { ContractClass } from '../contract/index.js';
import type { FailurePolicy } from '../errors-and-retries/failure-policy.js';
import type { MessageContext } from './message-context.js';

/** A handler of this service, as the transport knows it. */
export interface RegisteredHandler {
  readonly contract: ContractClass;
  readonly topic: string;
  readonly kind: 'event' | 'request';
  /** `Class.method`. */
  readonly name: string;
  readonly delivery: 'one-replica' | 'every-replica';
  /** How many records of a partition are handled side by side. */
  readonly concurrency: number;
  readonly policy: FailurePolicy;
  /** How long a call may take, in ms. */
  readonly timeLimitMs: number;
  /** Runs guards, pipes, interceptors, the method and filters. Rejects with the original error. */
  invoke(payload: unknown, context: MessageContext): Promise<unknown>;
}
