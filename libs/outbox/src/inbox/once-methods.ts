import { SettingsError } from '@fieldguide/kafka';
import { type DiscoveryService, type MetadataScanner } from '@nestjs/core';
import { onceName } from './once.js';

/** A method with `@Once()` of this app. */
export interface OnceMethod {
  /** `Class.method`. */
  readonly method: string;
  /** What its rows are kept under. */
  readonly name: string;
}

/** @throws SettingsError where two have one name: the second would be left out for what the first has handled */
export function onceMethodsOf(discovery: DiscoveryService, scanner: MetadataScanner): OnceMethod[] {
  const found = new Map<object, OnceMethod>();
  for (const { metatype } of [...discovery.getControllers(), ...discovery.getProviders()]) {
    const prototype = (metatype as { prototype?: Record<string, object> } | null)?.prototype;
    if (!prototype) continue;
    for (const key of scanner.getAllMethodNames(prototype)) {
      const method = prototype[key];
      const name = method && onceName(method);
      if (name && method) found.set(method, { method: `${metatype?.name}.${key}`, name });
    }
  }
  const methods = [...found.values()];
  checkNames(methods);
  return methods;
}

function checkNames(methods: readonly OnceMethod[]): void {
  const names = new Map<string, string>();
  for (const { method, name } of methods) {
    const other = names.get(name);
    if (other) throw new SettingsError(`${other} and ${method} both have @Once() as ${name}: give one another name.`);
    names.set(name, method);
  }
}
