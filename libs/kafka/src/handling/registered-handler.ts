import type { ContractClass } from '../contract/index.js';
import type { FailurePolicy } from '../errors-and-retries/failure-policy.js';
import type { MessageContext } from './message-context.js';

/** A handler of this service, as the transport knows it: one for each topic. */
export type RegisteredHandler = ContractHandler | DeadLetterHandler;

/** Of what a contract says. */
export interface ContractHandler extends HandlerCommons {
  readonly kind: 'event' | 'request';
  readonly contract: ContractClass;
}

/** Of another service's dead letters. */
export interface DeadLetterHandler extends HandlerCommons {
  readonly kind: 'dead-letter';
  /** Whose. */
  readonly of: string;
}

interface HandlerCommons {
  readonly topic: string;
  /** `Class.method`. */
  readonly name: string;
  readonly delivery: 'one-replica' | 'every-replica';
  /** How many records of a partition are handled side by side. */
  readonly concurrency: number;
  /** How many records of a partition may be handled in one transaction. */
  readonly batch: number;
  readonly policy: FailurePolicy;
  /** How long a call may take, in ms. */
  readonly timeLimitMs: number;
  /** Runs guards, pipes, interceptors, the method and filters. Rejects with the original error. */
  invoke(payload: unknown, context: MessageContext): Promise<unknown>;
}

export const handlesContract = (handler: RegisteredHandler): handler is ContractHandler =>
  handler.kind !== 'dead-letter';

export const handlesDeadLetters = (handler: RegisteredHandler): handler is DeadLetterHandler =>
  handler.kind === 'dead-letter';
