import { type ContractClass, defineContract, type Fields, parseTopic } from './contract.js';
import { type Retention, retentionMs } from './retention.js';

/** What an event's class can't say by itself. */
export interface EventOptions<K extends string, E extends object> {
  /** The field that becomes the record's key: one of the contract's fields of type string. */
  readonly key: K;
  /** A payload that passes the contract's validation. */
  readonly example: E;
  /**
   * The service that owns the topic, where the topic is older than the contract and named otherwise. Access rules that go
   * by the owner's prefix do not cover such a topic. Default: what the topic's name begins with.
   */
  readonly owner?: string;
  /** Default: 6. */
  readonly partitions?: number;
  /** Default: `7d`. */
  readonly retention?: Retention;
}

/** What the example lacks or has too much of, as a type that the compiler prints. */
export type Shows<E, T> = E extends Fields<T> ? unknown : { 'the example does not fit the contract': Fields<T> };

/**
 * Makes a class the contract of one event: a past-tense fact, said by the service its topic begins with.
 * Does not compile unless the key is a field of type string and the example has the contract's fields.
 * @throws ContractDefinitionError for a topic that is not `<service>.<event>.v<n>`, without an `owner`
 */
export function Event<const K extends string, E extends object>(topic: string, options: EventOptions<K, E>) {
  return <T extends Record<K, string>>(target: ContractClass<T> & Shows<E, T>): void =>
    defineContract(target, {
      kind: 'event',
      topic,
      ...parseTopic(topic, options.owner),
      key: options.key,
      example: options.example,
      partitions: options.partitions ?? 6,
      retentionMs: retentionMs(options.retention ?? '7d'),
    });
}
