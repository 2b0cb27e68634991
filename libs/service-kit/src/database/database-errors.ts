import { DependencyDownError } from '@fieldguide/kafka';
import { DrizzleQueryError } from 'drizzle-orm/errors';

/**
 * The database did not answer, or ended the connection: nothing is wrong with what was asked. A handler that throws it is
 * tried again until the database is back.
 */
export class DatabaseDownError extends DependencyDownError {
  override readonly code = 'DATABASE_DOWN';

  constructor(message: string, options?: ErrorOptions) {
    super('the database', { ...options, message });
  }
}

/** The database refused a query: what PostgreSQL said, without the values that went with the query. */
export class DatabaseQueryError extends Error {
  readonly code = 'DATABASE_QUERY';
  override readonly name = 'DatabaseQueryError';
}

/** Sockets; PostgreSQL that refuses or ends connections (classes 08 and 57P, 53300). */
const DOWN_CODES = /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|08\w{3}|57P0\d|53300)$/;
/** What pg says without a code. */
const DOWN_MESSAGES = /Connection terminated|Query read timeout|timeout|connection error and is not queryable/;

/** Whether the database did not answer, so that one may try again later. Not of errors of anything but the database. */
export function isDatabaseDown(error: unknown): boolean {
  if (error instanceof DatabaseDownError) return true;
  return error instanceof DrizzleQueryError && (error.cause instanceof DatabaseDownError || isDown(error.cause));
}

/** Whether an error that came out of pg means that there is no connection. */
export function isDown(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code ? DOWN_CODES.test(code) : DOWN_MESSAGES.test(message ?? '');
}

/**
 * Drizzle's errors hold each query's values in their message: mail addresses, tokens. They must not get into a log, an
 * answer or a dead letter.
 */
export function withoutValues(error: unknown): unknown {
  if (!(error instanceof DrizzleQueryError)) return error;
  const { cause } = error;
  if (isDatabaseDown(error)) return new DatabaseDownError('The database does not answer.', { cause });
  return new DatabaseQueryError(`PostgreSQL refused a query: ${cause?.message ?? 'for no reason given'}`, { cause });
}
