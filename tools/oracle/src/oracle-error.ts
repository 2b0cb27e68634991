/** A witness can not be asked: one sentence says which, and the way out. Printed without a stack trace. */
export class OracleError extends Error {
  override readonly name = 'OracleError';
  readonly code = 'ORACLE';
}
