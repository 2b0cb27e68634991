/** A mistake or a lack that one sentence explains: what is wrong, what was expected, the way out. Printed without a stack trace. */
export class InfraError extends Error {
  override readonly name = 'InfraError';
  readonly code = 'INFRA';
}

/** What a person is shown of a failure: the sentence of an InfraError, the stack of anything that was not foreseen. */
export function explain(error: unknown): string {
  if (error instanceof InfraError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** The first line of what went wrong, to be put into a sentence. */
export function firstLine(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return firstLine(error.errors[0]);
  const message = error instanceof Error ? error.message || error.name : String(error);
  return (message.trim().split('\n', 1)[0] ?? '').replace(/\.$/, '');
}
