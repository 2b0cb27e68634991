/** An error of this package that somebody may branch on; `code` is stable. */
export abstract class MessagingError extends Error {
  /** In capitals, stable: to branch on and to count by. */
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A setting, or a combination of them, that can't work. The message names it and the way out. */
export class SettingsError extends MessagingError {
  readonly code = 'KAFKA_SETTINGS';
}

/** The broker does not answer, or does not have what the service needs. The message says what, and where it looked. */
export class NotReadyError extends MessagingError {
  readonly code = 'KAFKA_NOT_READY';
}

/** A message that was surely not sent: trying again as it is may help only for `QUEUE_FULL`, `CLOSED` and `BROKER_AWAY`. */
export class NotPublishedError extends MessagingError {
  readonly code = 'NOT_PUBLISHED';

  constructor(
    /** What stands against it. */
    readonly reason: NotPublishedReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Why a message was surely not sent. */
export type NotPublishedReason =
  | 'UNKNOWN_TOPIC'
  | 'UNKNOWN_PARTITION'
  | 'TOO_LARGE'
  | 'INVALID_KEY'
  | 'INVALID_HEADER'
  | 'INVALID_VALUE'
  | 'QUEUE_FULL'
  | 'BROKER_AWAY'
  | 'REFUSED'
  | 'CLOSED'
  | 'HELD_BACK';

/** A handler did not finish within its time limit; its signal has fired. `cause`: what it threw then, if it did. */
export class TimeLimitError extends MessagingError {
  readonly code = 'TIME_LIMIT';

  constructor(
    message: string,
    /** It still ran when nobody waited for it any more: an attempt in place would run beside it. */
    readonly abandoned: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * The broker is away, or a service that this one needs: nothing is wrong with the message that is being handled. Thrown by
 * a handler, its lane waits and tries again, in order, for as long as it takes; health says degraded, and why.
 */
export class DependencyDownError extends MessagingError {
  readonly code: string = 'DEPENDENCY_DOWN';

  /** @param dependency what is down, as a person would say it: `the payment provider` */
  constructor(
    readonly dependency: string,
    options?: ErrorOptions & { message?: string },
  ) {
    super(options?.message ?? `${dependency} is down`, options);
  }
}

/** The broker did not answer in time: the message may be in the topic or not. Publish it again under the same id. */
export class OutcomeUnknownError extends DependencyDownError {
  override readonly code = 'OUTCOME_UNKNOWN';

  constructor(message: string, options?: ErrorOptions) {
    super('Kafka', { ...options, message });
  }
}

/** Thrown by a handler: trying again cannot help, so the event becomes a dead letter at once. */
export class UnrecoverableError extends MessagingError {
  readonly code: string;

  /** @param options.code what is wrong, in capitals. Default: `UNRECOVERABLE`. */
  constructor(message: string, options?: ErrorOptions & { code?: string }) {
    super(message, options);
    this.code = options?.code ?? 'UNRECOVERABLE';
  }
}

/** Thrown by a request's handler: the asker gets this code and message. All other errors reach it as `INTERNAL`. */
export class RequestError extends Error {
  override readonly name = 'RequestError';

  constructor(
    /** In capitals, e.g. `UNKNOWN_SKU`. */
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** No reply came in time. The request may still be handled. */
export class AskTimeoutError extends MessagingError {
  readonly code = 'ASK_TIMEOUT';
}

/** The answering service said that it failed. */
export class RequestFailedError extends MessagingError {
  /** The answering handler's code: `INTERNAL` where it threw anything but a RequestError. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A reply came that can't be read as what the contract promises. */
export class UnreadableReplyError extends MessagingError {
  readonly code = 'UNREADABLE_REPLY';
}

/** The service stops: what was asked is not waited for any more. */
export class ShuttingDownError extends MessagingError {
  readonly code = 'SHUTTING_DOWN';
}
