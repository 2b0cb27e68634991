import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import type { ContractClass, Fields } from './contract.js';
import { decorated } from './decorated.js';
import { ContractViolationError, type Violation } from './errors.js';

/**
 * Makes a message of a contract; nested plain objects become what the contract says they are.
 * Nothing is checked here: publishing and asking do.
 */
export function create<T extends object>(contract: ContractClass<T>, fields: Fields<T>): T {
  return instanceOf(contract, fields);
}

/**
 * Reads a parsed JSON value as an instance of a contract. Fields that the contract does not know are dropped, so that a
 * producer can add one before its consumers know it.
 * @throws ContractViolationError naming each field that breaks the contract
 */
export function fulfil<T extends object>(contract: ContractClass<T>, value: unknown): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
    throw new ContractViolationError(contract.name, [{ field: '', reason: `expected an object, found ${found}` }]);
  }
  const message = instanceOf(contract, value);
  assertFulfilled(message);
  return message;
}

function instanceOf<T extends object>(contract: ContractClass<T>, fields: object): T {
  if (decorated(contract).transformed) return plainToInstance(contract, fields);
  // JSON can hold a field of that name, and to assign it would change what the message is.
  if (Object.hasOwn(fields, '__proto__')) fields = Object.fromEntries(Object.entries(fields).filter(isNoPrototype));
  return Object.assign(new contract(), fields);
}

const isNoPrototype = ([field]: [string, unknown]): boolean => field !== '__proto__';

/**
 * Throws ContractViolationError where a message breaks its contract; strips fields that the contract does not know.
 * A contract without any decorator of class-validator promises nothing but an object: it is taken as it comes.
 */
export function assertFulfilled(message: object): void {
  if (!decorated(message.constructor as ContractClass).validated) return;
  // Validators that return promises are not waited for: a contract is checked without I/O.
  const errors = validateSync(message, { whitelist: true, forbidUnknownValues: true });
  if (errors.length > 0) throw new ContractViolationError(message.constructor.name, errors.flatMap(violationsOf));
}

function violationsOf(error: ValidationError, parent: unknown = ''): Violation[] {
  const field = typeof parent === 'string' && parent !== '' ? `${parent}.${error.property}` : error.property;
  const own = Object.values(error.constraints ?? {}).map((reason) => ({
    field,
    reason: field === error.property ? reason : `${field}: ${reason}`,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => violationsOf(child, field))];
}
