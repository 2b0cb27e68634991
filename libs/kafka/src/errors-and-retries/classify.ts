import { ContractViolationError } from '../contract/index.js';
import { types } from 'node:util';
import {
  DependencyDownError,
  MessagingError,
  NotPublishedError,
  type NotPublishedReason,
  UnrecoverableError,
} from '../errors.js';

/**
 * What a failure says about trying again. `give-up`: it can't help, a dead letter at once. `wait-for-dependency`: nothing is
 * wrong with this message, its lane waits. `try-again`: in place, then through the retry topics.
 */
export type Verdict = 'give-up' | 'wait-for-dependency' | 'try-again';

/** Classes of error that only a change of the code can cure. */
const MISTAKES = [TypeError, RangeError, ReferenceError, SyntaxError];

const WAY_TO_BROKER: readonly NotPublishedReason[] = ['BROKER_AWAY', 'QUEUE_FULL', 'CLOSED'];

/**
 * What becomes of an event whose handler threw this, where the service's `classify` says nothing else: DependencyDownError
 * waits, as does a publish that found no broker; UnrecoverableError, a broken contract, a value that is no JSON and a
 * TypeError, RangeError, ReferenceError or SyntaxError without a cause give up; all else is tried again.
 */
export function classify(error: Error): Verdict {
  if (error instanceof DependencyDownError) return 'wait-for-dependency';
  // Nothing is wrong with the message that was being handled when another one could not be sent.
  if (error instanceof NotPublishedError && WAY_TO_BROKER.includes(error.reason)) return 'wait-for-dependency';
  if (error instanceof UnrecoverableError || error instanceof ContractViolationError || error instanceof NotJsonError) {
    return 'give-up';
  }
  // With a cause it is the outside that failed: Node's `fetch failed` is a TypeError.
  if (error.cause === undefined && MISTAKES.some((mistake) => error instanceof mistake)) return 'give-up';
  return 'try-again';
}

/** A record whose value is no JSON. */
export class NotJsonError extends MessagingError {
  readonly code = 'NOT_JSON';
}

/** Anything can be thrown; Nest's own mask `{ status, message }` is a plain object. */
export function toError(thrown: unknown): Error {
  if (isError(thrown)) return thrown;
  const message = (thrown as { message?: unknown } | null | undefined)?.message;
  return new Error(typeof message === 'string' ? message : `A handler threw ${describe(thrown)}.`);
}

/** Errors of Node itself are of another realm where code runs in a vm context, as under Jest. */
export const isError = (value: unknown): value is Error => value instanceof Error || types.isNativeError(value);

function describe(thrown: unknown): string {
  try {
    return JSON.stringify(thrown) ?? String(thrown);
  } catch {
    return typeof thrown;
  }
}

/** As text; of what has none its type. */
export function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}
