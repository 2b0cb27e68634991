import { MessagingError } from '@fieldguide/kafka';

/** Something was to be stored together with the data that it tells of, and no transaction runs that could do so. */
export class NoTransactionError extends MessagingError {
  readonly code = 'NO_TRANSACTION';
}

/** The database does not have what the outbox or the inbox needs. The message says what, and where to find it. */
export class TablesMissingError extends MessagingError {
  readonly code = 'TABLES_MISSING';
}
