import { ContractViolationError } from '../contract/index.js';
import { DependencyDownError, MessagingError, UnrecoverableError } from '../errors.js';

/** What a failure says about trying again. */
export type Verdict = 'give-up' | 'wait-for-dependency' | 'try-again';

/** Classes of error that only a change of the code can cure. */
const MISTAKES = [TypeError, RangeError, ReferenceError, SyntaxError];

/** What becomes of an event whose handler threw this. */
export function classify(error: Error): Verdict {
  if (error instanceof DependencyDownError) return 'wait-for-dependency';
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
  if (thrown instanceof Error) return thrown;
  const message = (thrown as { message?: unknown } | null | undefined)?.message;
  return new Error(typeof message === 'string' ? message : `A handler threw ${describe(thrown)}.`);
}

function describe(thrown: unknown): string {
  try {
    return JSON.stringify(thrown) ?? String(thrown);
  } catch {
    return typeof thrown;
  }
}
