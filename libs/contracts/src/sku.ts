import { ValidateBy, type ValidationOptions } from 'class-validator';
import { holdsCardNumber } from './card-number.js';

const SKU = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Accepts an article's name in the price list. */
export function IsSku(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isSku',
      validator: {
        validate: (value) => typeof value === 'string' && SKU.test(value) && !holdsCardNumber(value),
        defaultMessage: (args) =>
          `${args?.property} must be the name of an article: 1 to 64 letters, digits, dots, dashes and underscores`,
      },
    },
    options,
  );
}
