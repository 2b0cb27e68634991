/** A contract class is declared in a way that can't work: found when the class is loaded. */
export class ContractDefinitionError extends Error {
  /** Stable, to branch on. */
  readonly code = 'CONTRACT_DEFINITION';
  override readonly name = 'ContractDefinitionError';
}

/** One field that breaks the contract, and why, in class-validator's words. */
export interface Violation {
  /** Path from the top: `total.cents`; empty where the payload is no object at all. */
  readonly field: string;
  /** Without the value: that may be a secret. */
  readonly reason: string;
}

/** A payload does not fulfil its contract: sending or handling it again cannot help. */
export class ContractViolationError extends Error {
  /** Stable, to branch on. */
  readonly code = 'CONTRACT_VIOLATION';
  override readonly name = 'ContractViolationError';

  constructor(
    /** Name of the contract's class. */
    readonly contract: string,
    /** Every one that was found. */
    readonly violations: readonly Violation[],
  ) {
    super(`${contract}: ${violations.map((violation) => violation.reason).join('; ')}`);
  }
}
