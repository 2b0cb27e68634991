import { type ContractClass, ContractViolationError, fulfil, type Violation } from '@fieldguide/kafka/contract';
import { BadRequestException, type PipeTransform } from '@nestjs/common';

/** One wrong field of a request, with all that is wrong with it. Never its value. */
export interface FieldError {
  readonly field: string;
  readonly reason: string;
}

/**
 * What a request says, as an instance of a class that class-validator's decorators describe.
 * @throws BadRequestException: 400 with `{ statusCode, message, errors: [{ field, reason }] }`, one entry a wrong field
 */
export function readRequest<T extends object>(type: ContractClass<T>, value: unknown): T {
  try {
    // Without a body every field is missing.
    return fulfil(type, value ?? {});
  } catch (error) {
    if (error instanceof ContractViolationError) throw badRequest(byField(error.violations));
    throw error;
  }
}

/** `@Body(new BodyOf(PlaceOrder))`: the body, read by `readRequest`. */
export class BodyOf<T extends object> implements PipeTransform<unknown, T> {
  constructor(private readonly type: ContractClass<T>) {}

  transform(body: unknown): T {
    return readRequest(this.type, body);
  }
}

/** 400, naming each wrong field. */
export function badRequest(errors: readonly FieldError[]): BadRequestException {
  const fields = errors.map(({ field }) => field).join(', ');
  return new BadRequestException({ statusCode: 400, message: `Not accepted as it is: ${fields}.`, errors });
}

function byField(violations: readonly Violation[]): FieldError[] {
  const reasons = new Map<string, string[]>();
  for (const { field, reason } of violations) reasons.set(field, [...(reasons.get(field) ?? []), reason]);
  return [...reasons].map(([field, all]) => ({ field: field || 'body', reason: all.join('; ') }));
}
