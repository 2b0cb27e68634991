import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { getMetadataStorage } from 'class-validator';
import type { ContractClass } from './contract.js';

/** What there is to do for a contract, known from its decorators. */
export interface Decorated {
  /** It, or a class above it, carries decorators of class-validator. */
  readonly validated: boolean;
  /** It, or a class above it, carries decorators of class-transformer. */
  readonly transformed: boolean;
}

const known = new WeakMap<object, Decorated>();

/** Asked for each message: both libraries search their metadata anew at each call, also where there is none. */
export function decorated(contract: ContractClass): Decorated {
  let answer = known.get(contract);
  if (!answer) {
    answer = {
      validated: getMetadataStorage().getTargetValidationMetadatas(contract, '', true, false).length > 0,
      transformed: isTransformed(contract),
    };
    known.set(contract, answer);
  }
  return answer;
}

type Maps = Record<string, ReadonlyMap<unknown, unknown>>;

/** class-transformer does not say it; these are the maps that `@nestjs/mapped-types` reads as well. */
function isTransformed(contract: ContractClass): boolean {
  const maps = defaultMetadataStorage as unknown as Maps;
  const names = ['_typeMetadatas', '_transformMetadatas', '_exposeMetadatas', '_excludeMetadatas'];
  for (let at: unknown = contract; at && at !== Function.prototype; at = Object.getPrototypeOf(at)) {
    if (names.some((name) => maps[name]?.has(at) ?? true)) return true;
  }
  return false;
}
