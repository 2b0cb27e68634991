/** A contract class is declared in a way that can't work: found when the class is loaded. */
export class ContractDefinitionError extends Error {
  readonly code = 'CONTRACT_DEFINITION';
  override readonly name = 'ContractDefinitionError';
}

/** One field that breaks the contract, and why, in class-validator's words. */
export interface Violation {
  readonly field: string;
  readonly reason: string;
}

/** A payload does not fulfil its contract: sending or handling it again cannot help. */
export class ContractViolationError extends Error {
  readonly code = 'CONTRACT_VIOLATION';
  override readonly name = 'ContractViolationError';

  constructor(
    readonly contract: string,
    readonly violations: readonly Violation[],
  ) {
    super(`${contract}: ${violations.map((violation) => violation.reason).join('; ')}`);
  }
}
