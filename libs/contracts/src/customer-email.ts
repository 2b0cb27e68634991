import { isEmail, ValidateBy, type ValidationOptions } from 'class-validator';
import { holdsCardNumber } from './card-number.js';

/** Accepts a mail address, unless a card number was typed into it. */
export function IsCustomerEmail(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isCustomerEmail',
      validator: {
        validate: (value) => typeof value === 'string' && isEmail(value) && !holdsCardNumber(value),
        defaultMessage: (args) => `${args?.property} must be a mail address, e.g. ada@customers.example`,
      },
    },
    options,
  );
}
