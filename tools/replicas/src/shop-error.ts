import { InfraError } from '@fieldguide/infra';

/** A mistake or a state that one sentence explains, with the way out. Printed without a stack trace. */
export class ShopError extends Error {
  override readonly name = 'ShopError';
  readonly code = 'SHOP';
}

/** What a person is shown of a failure: the sentence where there is one, the stack of what was not foreseen. */
export function explain(error: unknown): string {
  if (error instanceof ShopError || error instanceof InfraError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
