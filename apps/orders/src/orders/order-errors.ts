/** The price list lacks an article. */
export class UnknownSkuError extends Error {
  readonly code = 'UNKNOWN_SKU';
  override readonly name = 'UnknownSkuError';
}

/** Billing gave no quote in time. Nothing is stored. */
export class NoQuoteError extends Error {
  readonly code = 'NO_QUOTE';
  override readonly name = 'NoQuoteError';
}

/** The idempotency key belongs to another wish. */
export class KeyTakenError extends Error {
  readonly code = 'KEY_TAKEN';
  override readonly name = 'KeyTakenError';
}

/** The order may be stored, and billing may not know of it yet: the same wish under the same key finishes it. */
export class UnfinishedOrderError extends Error {
  readonly code = 'UNFINISHED_ORDER';
  override readonly name = 'UnfinishedOrderError';

  constructor(
    readonly idempotencyKey: string,
    options: ErrorOptions,
  ) {
    super('The order could not be finished.', options);
  }
}

/** No order has this id. */
export class UnknownOrderError extends Error {
  readonly code = 'UNKNOWN_ORDER';
  override readonly name = 'UnknownOrderError';
}
