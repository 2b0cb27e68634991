import { type ContractClass, defineContract, parseTopic } from './contract.js';
import type { Shows } from './event.js';
import { retentionMs } from './retention.js';

/** Ties a request to the type of its reply: `declare readonly [repliesWith]: Quote`. There is no such field at run time. */
export const repliesWith: unique symbol = Symbol('repliesWith');

/** A request whose reply is an `R`. */
export interface Replying<R extends object> {
  /** For the compiler alone. */
  readonly [repliesWith]: R;
}

/** The reply's type of a request. */
export type ReplyOf<T> = T extends Replying<infer R> ? R : never;

/** What a request's class can't say by itself. */
export interface RequestOptions<R extends object, E extends object> {
  /** The class that replies are checked against. */
  readonly reply: ContractClass<R>;
  /** A payload that passes the contract's validation. */
  readonly example: E;
  /**
   * The service that owns the topic, where the topic is older than the contract and named otherwise. Access rules that go
   * by the owner's prefix do not cover such a topic. Default: what the topic's name begins with.
   */
  readonly owner?: string;
  /** Default: 6. */
  readonly partitions?: number;
}

/**
 * Makes a class the contract of one request, answered by the service its topic begins with. Requests live for an hour:
 * who asked has given up long before.
 * Does not compile unless the class declares the same reply: `declare readonly [repliesWith]: Quote`.
 * @throws ContractDefinitionError for a topic that is not `<service>.<request>.v<n>`, without an `owner`
 */
export function Request<R extends object, E extends object>(topic: string, options: RequestOptions<R, E>) {
  return <T extends Replying<R>>(target: ContractClass<T> & Shows<E, T>): void =>
    defineContract(target, {
      kind: 'request',
      topic,
      ...parseTopic(topic, options.owner),
      reply: options.reply,
      example: options.example,
      partitions: options.partitions ?? 6,
      retentionMs: retentionMs('1h'),
    });
}
