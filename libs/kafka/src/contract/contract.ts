import { ContractDefinitionError } from './errors.js';

/** A class that services agreed on: the type, its validation, its topic and its key. */
export type ContractClass<T extends object = object> = new () => T;

/** The plain data of a contract: its fields without methods, nested classes as plain objects. */
export type Fields<T> = { readonly [K in keyof T as K extends symbol ? never : K]: Plain<T[K]> };

type Plain<V> = V extends readonly (infer Item)[] ? readonly Plain<Item>[] : V extends object ? Fields<V> : V;

interface ContractFacts {
  /** A literal, so that a rename of the class never changes the protocol. */
  readonly topic: string;
  /** The service that owns the topic: says the event, or answers the request. */
  readonly owner: string;
  /** The n of `.v<n>` in the topic's name. */
  readonly version: number;
  /** As many as the topic is created with. */
  readonly partitions: number;
  /** Milliseconds; -1 keeps records for ever. */
  readonly retentionMs: number;
  /** A payload that passes the contract's validation. */
  readonly example: object;
}

/** What `@Event` says of a class. */
export interface EventContract extends ContractFacts {
  /** Tells the two kinds apart. */
  readonly kind: 'event';
  /** Name of the field whose value is the record's key: events of one key keep their order. */
  readonly key: string;
}

/** What `@Request` says of a class. */
export interface RequestContract extends ContractFacts {
  /** Tells the two kinds apart. */
  readonly kind: 'request';
  /** The class of the reply. */
  readonly reply: ContractClass;
}

/** What a class says of itself as a contract. */
export type Contract = EventContract | RequestContract;

/** Survives two copies of this package in one process. */
const CONTRACT = Symbol.for('@fieldguide/kafka:contract');

/** `<service>.<name>.v<n>`, as Kafka allows it: at most 249 characters. */
const TOPIC = /^([a-z][a-z0-9-]*)\.([a-z][a-z0-9-]*)\.v([1-9]\d*)$/;
const RESERVED = ['replies', 'retry', 'dead-letters', 'replica', 'replay'];

/**
 * What a contract class says about itself.
 * @throws ContractDefinitionError where the class carries neither `@Event` nor `@Request`
 */
export function contractOf(contract: ContractClass): Contract {
  const facts = (contract as { [CONTRACT]?: Contract })[CONTRACT];
  if (!facts || !Object.hasOwn(contract, CONTRACT)) {
    throw new ContractDefinitionError(`${contract.name} is no contract: it carries neither @Event nor @Request.`);
  }
  return facts;
}

/** The contract that an instance was made from. Throws ContractDefinitionError for a plain object. */
export function contractClassOf(message: object): ContractClass {
  const contract = message.constructor as ContractClass;
  contractOf(contract);
  return contract;
}

export function defineContract(contract: ContractClass, facts: Contract): void {
  if (Object.hasOwn(contract, CONTRACT)) {
    throw new ContractDefinitionError(
      `${contract.name} carries two of @Event and @Request; a contract is one of them.`,
    );
  }
  const { partitions } = facts;
  if (!Number.isInteger(partitions) || partitions < 1) {
    throw new ContractDefinitionError(
      `${contract.name} has ${partitions} partitions; a whole number above 0 is needed.`,
    );
  }
  Object.defineProperty(contract, CONTRACT, { value: Object.freeze(facts) });
}

/**
 * Reads owner and version out of a topic's name; of a name that is older than the contract, the owner is told.
 * Throws ContractDefinitionError for a name of another form without one.
 */
export function parseTopic(topic: string, told?: string): { owner: string; version: number } {
  if (told !== undefined) return { owner: ownerOf(topic, told), version: 1 };
  const [, owner, name, version] = TOPIC.exec(topic) ?? [];
  if (!owner || !name || !version || topic.length > 249) {
    throw new ContractDefinitionError(
      `"${topic}" is no topic name: expected <service>.<name>.v<n>, in lower case, or \`owner\` beside an older name.`,
    );
  }
  if (RESERVED.includes(name)) {
    throw new ContractDefinitionError(`"${topic}" is no topic name for a contract: "${owner}.${name}" is reserved.`);
  }
  return { owner, version: Number(version) };
}

/** Any name that Kafka takes, and that neither says another owner nor is one of the transport's own. */
function ownerOf(topic: string, owner: string): string {
  if (!/^[a-z][a-z0-9-]*$/.test(owner)) {
    throw new ContractDefinitionError(`"${owner}" is no service name: the owner of "${topic}" is expected.`);
  }
  if (TOPIC.test(topic)) throw new ContractDefinitionError(`"${topic}" tells its owner itself: leave \`owner\` out.`);
  if (!/^[\w.-]{1,249}$/.test(topic) || /^\.{1,2}$/.test(topic)) {
    throw new ContractDefinitionError(`"${topic}" is no topic name: letters, digits, ".", "_" and "-" are expected.`);
  }
  const [, name = ''] = topic.split('.');
  if (RESERVED.includes(name)) {
    throw new ContractDefinitionError(`"${topic}" is no topic name for a contract: "${name}" is reserved.`);
  }
  return owner;
}
