import { validateSync } from 'class-validator';
import { ConfigError } from './config-error.js';
import { type EnvField, envFieldsOf, fromText } from './env.js';

/**
 * Reads a config class from the environment. A variable that is empty counts as missing.
 * @throws ConfigError naming every variable that is wrong
 */
export function readConfig<T extends object>(configClass: new () => T, env: NodeJS.ProcessEnv): T {
  const config = new configClass();
  const fields = envFieldsOf(configClass.prototype as object);
  for (const { field, variable } of fields) {
    const text = env[variable];
    const type: unknown = Reflect.getMetadata('design:type', configClass.prototype as object, field);
    if (text) Object.assign(config, { [field]: fromText(text, type) });
  }
  const wrong = new Set(validateSync(config).map((error) => error.property));
  const problems = fields
    .filter(({ field }) => wrong.has(field))
    .map(({ variable, expected }) => ({ variable, problem: problemOf(variable, expected, env) }));
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

const problemOf = (variable: EnvField['variable'], expected: string, env: NodeJS.ProcessEnv): string =>
  `${env[variable] ? 'is wrong' : 'is missing'}: expected ${expected}`;
