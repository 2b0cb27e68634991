import { ValidateBy, type ValidationOptions } from 'class-validator';
import { looksLikeCardNumber } from './card-number.js';

const TOKEN = /^tok_[A-Za-z0-9_-]{1,64}$/;

/** Accepts a token of the payment provider (`tok_…`) and nothing that may be a card number. */
export function IsCardToken(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isCardToken',
      validator: {
        validate: (value) => typeof value === 'string' && TOKEN.test(value) && !looksLikeCardNumber(value),
        defaultMessage: (args) =>
          `${args?.property} must be a token of the payment provider (tok_…), and never a card number`,
      },
    },
    options,
  );
}
