import type { DynamicModule, ForwardReference, Provider, Type } from '@nestjs/common';
import { MODULE_METADATA } from '@nestjs/common/constants.js';
import { PATTERN_EXTRAS_METADATA } from '@nestjs/microservices/constants.js';
import { SERVICE_DEFINITION } from '../bootstrap/kafka.module.js';
import type { DeadLetterReader } from '../dead-letters/of-others/readers.js';
import { SettingsError } from '../errors.js';
import { delaysOf } from '../errors-and-retries/failure-policy.js';
import type { HandlerExtras } from '../handling/handler-options.js';
import { computeTopology, type HandlerFacts, type ServiceDefinition, type Topology } from './topology.js';

type AnyModule = Type | DynamicModule | ForwardReference | Promise<DynamicModule>;

/**
 * What a service needs on Kafka, read from its modules' metadata: nothing is made, so neither a broker nor a database nor
 * an environment is needed.
 * @throws SettingsError where the app has no KafkaModule
 */
export async function topologyOf(appModule: Type): Promise<Topology> {
  const { definition, handlers } = await metadataOf(appModule);
  const { retryDelaysMs } = definition;
  return computeTopology(
    definition,
    handlers.flatMap((handler) => factsOf(handler, retryDelaysMs)),
    handlers.flatMap(readersOf),
  );
}

/**
 * What the service is, and what its decorators say of its handlers.
 * @throws SettingsError where the app has no KafkaModule
 */
export async function metadataOf(
  appModule: Type,
): Promise<{ readonly definition: ServiceDefinition; readonly handlers: readonly Partial<HandlerExtras>[] }> {
  let definition: ServiceDefinition | undefined;
  const seen = new Set<unknown>();
  const controllers = new Set<Type>();
  const visit = async (reference: AnyModule): Promise<void> => {
    const module = await reference;
    if (seen.has(module)) return;
    seen.add(module);
    const parts = readModule(module);
    definition ??= parts.providers.map(definitionIn).find((found) => found !== undefined);
    for (const controller of parts.controllers) controllers.add(controller);
    for (const imported of parts.imports) await visit(imported);
  };
  await visit(appModule);
  if (!definition) throw new SettingsError(`${appModule.name} imports no KafkaModule.forService(…).`);
  return { definition, handlers: [...controllers].flatMap(handlersOf) };
}

function readModule(module: Exclude<AnyModule, Promise<DynamicModule>>) {
  if ('forwardRef' in module) return readClass((module as ForwardReference<() => Type>).forwardRef());
  if ('module' in module) {
    const own = readClass(module.module);
    return {
      imports: [...own.imports, ...((module.imports ?? []) as AnyModule[])],
      controllers: [...own.controllers, ...(module.controllers ?? [])],
      providers: [...own.providers, ...(module.providers ?? [])],
    };
  }
  return readClass(module as Type);
}

function readClass(module: Type) {
  const read = <T>(key: string): T[] => (Reflect.getMetadata(key, module) as T[] | undefined) ?? [];
  return {
    imports: read<AnyModule>(MODULE_METADATA.IMPORTS),
    controllers: read<Type>(MODULE_METADATA.CONTROLLERS),
    providers: read<Provider>(MODULE_METADATA.PROVIDERS),
  };
}

function definitionIn(provider: Provider): ServiceDefinition | undefined {
  const isDefinition =
    typeof provider === 'object' && provider.provide === SERVICE_DEFINITION && 'useValue' in provider;
  return isDefinition ? (provider.useValue as ServiceDefinition) : undefined;
}

function handlersOf(controller: Type): Partial<HandlerExtras>[] {
  const prototype = controller.prototype as object;
  return methodsOf(prototype).map((method) => {
    const extras = Reflect.getMetadata(PATTERN_EXTRAS_METADATA, method) as unknown;
    return extras ?? {};
  });
}

function factsOf(extras: Partial<HandlerExtras>, retryDelaysMs: ServiceDefinition['retryDelaysMs']): HandlerFacts[] {
  const { contract, handler, delivery, replayable } = extras;
  const policy = { delaysMs: delaysOf(extras, retryDelaysMs) };
  return contract && handler && delivery ? [{ contract, name: handler, delivery, policy, replayable }] : [];
}

const readersOf = ({ deadLettersOf = [], handler = '' }: Partial<HandlerExtras>): DeadLetterReader[] =>
  deadLettersOf.map((of) => ({ of, name: handler }));

/** Inherited ones, too, as Nest finds them; one that is overridden counts once. */
function methodsOf(prototype: object): object[] {
  const methods = new Map<string, object>();
  for (let at = prototype; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === 'function' && !methods.has(key)) methods.set(key, value as object);
    }
  }
  return [...methods.values()];
}
