import 'reflect-metadata';

/** A field of a config class, the variable that it is read from, and what to expect there, for whoever set it wrong. */
export interface EnvField {
  readonly field: string;
  readonly variable: string;
  readonly expected: string;
}

const ENV_FIELDS = Symbol('env fields');

/**
 * Reads a config class's field from an environment variable. The text becomes what the field's type says: a number, a
 * boolean (`true`, `false`), a list (parted by commas) or a string; class-validator's decorators say what is right.
 * `expected` completes the sentence "expected …" and must hold no secret.
 */
export function Env(variable: string, expected: string): PropertyDecorator {
  return (target, field) => {
    const fields = [...envFieldsOf(target), { field: String(field), variable, expected }];
    Reflect.defineMetadata(ENV_FIELDS, fields, target);
  };
}

/** The fields of a config class and of the classes that it extends. */
export function envFieldsOf(config: object): readonly EnvField[] {
  return (Reflect.getMetadata(ENV_FIELDS, config) as EnvField[] | undefined) ?? [];
}

/** The text of a variable as its field's type wants it. Text that can't be is left as it is, for a validator to refuse. */
export function fromText(text: string, type: unknown): unknown {
  if (type === Number) return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
  if (type === Boolean) return text === 'true' ? true : text === 'false' ? false : text;
  if (type === Array) return text.split(',').flatMap((part) => part.trim() || []);
  return text;
}
