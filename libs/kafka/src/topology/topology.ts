import { type ContractClass, contractOf } from '../contract/index.js';
import { deadLetterTopic, settledTopic } from '../dead-letters/dead-letter.js';
import { checkReaders, type DeadLetterReader, topicsRead } from '../dead-letters/of-others/readers.js';
import { SettingsError } from '../errors.js';
import type { FailurePolicy } from '../errors-and-retries/failure-policy.js';
import { mistakeInDelays, retryGroup, retryTopic } from '../retry-topics/retry-topic.js';
import { replyTopic } from '../request-reply/requester.js';

/** What a service is on Kafka, known without a broker. */
export interface ServiceDefinition {
  /** Its name: what it owns begins with it, and its consumer group is called so unless `groupId` says otherwise. */
  readonly service: string;
  /** All contracts of the system. Those of this service's topics are created by it. */
  readonly contracts: readonly ContractClass[];
  /** The requests that it asks of others, or of its own replicas. Default: none. */
  readonly asks?: readonly ContractClass[];
  /**
   * The consumer group of its replicas, where it must have another name: a service that was on stock NestJS keeps its
   * offsets in `billing-server`. Access rules and the printed topology follow it. No two services may share one.
   * Default: the service's name.
   */
  readonly groupId?: string;
  /**
   * Delays of its retry topics, in ms, growing: each is a topic, `billing.retry.10s`. `[]`: an event whose attempts in place
   * fail becomes a dead letter. A handler may have others. Default: 1 000, 10 000, 60 000.
   */
  readonly retryDelaysMs?: readonly number[];
}

/** What of a handler matters here. */
export interface HandlerFacts {
  readonly contract: ContractClass;
  readonly name: string;
  readonly delivery: 'one-replica' | 'every-replica';
  /** Delays of the retry topics that its events go through, in ms. */
  readonly policy: Pick<FailurePolicy, 'delaysMs'>;
  readonly replayable?: boolean | undefined;
}

/** A topic that the service creates where it is missing; in production an operator does. */
export interface OwnedTopic {
  /** Begins with the service's name. */
  readonly topic: string;
  /** As the contract says. */
  readonly partitions: number;
  /** Names and values as Kafka knows them. */
  readonly config: Readonly<Record<string, string>>;
}

/** Topics and groups of one service: what an operator sets up before it may start in production. */
export interface Topology {
  /** The service's name. */
  readonly service: string;
  /** Topics of contracts, replies, retries and dead letters. */
  readonly owns: readonly OwnedTopic[];
  /** Topics of others that it handles: events, and dead letters. */
  readonly reads: readonly { readonly topic: string; readonly owner: string }[];
  /** Request topics that it writes to; its own where it asks its replicas. */
  readonly asks: readonly { readonly topic: string; readonly owner: string }[];
  /** Its own request topics: it writes to the reply topics of those who ask. */
  readonly answers: readonly string[];
  /** Where others answer it: those whom it asks write there. Default: none, it asks nobody. */
  readonly replies?: string;
  /** `prefixed`: the groups of single replicas and of replays, with a random end. */
  readonly groups: readonly { readonly group: string; readonly pattern: 'literal' | 'prefixed' }[];
  /** `Class.method` of each. */
  readonly handlers: readonly { readonly handler: string; readonly topic: string; readonly delivery: string }[];
}

/** Kafka's default of `max.message.bytes`, which the contracts' topics have. */
const MAX_BYTES = 1_048_588;
/** What headers about a failure may add to a record. */
const HEADROOM = 65_536;
const REPLIES_KEPT_MS = 3_600_000;
/** Beyond its delay: as long as a service may stand still and lose no retry. */
const RETRIES_KEPT_MS = 7 * 86_400_000;
const DEAD_LETTERS_KEPT_MS = 30 * 86_400_000;

/** @throws SettingsError where the definition and the handlers do not fit together */
export function computeTopology(
  definition: ServiceDefinition,
  handlers: readonly HandlerFacts[],
  readers: readonly DeadLetterReader[] = [],
): Topology {
  const { service, contracts, asks = [] } = definition;
  checkDefinition(definition, handlers);
  checkReaders(service, readers);
  const facts = contracts.map((contract) => contractOf(contract));
  const handled = handlers.map((handler) => contractOf(handler.contract));
  const oneReplica = readers.length > 0 || handlers.some((handler) => handler.delivery === 'one-replica');
  const everyReplica = handlers.some((handler) => handler.delivery === 'every-replica');
  const owns = facts
    .filter(({ owner }) => owner === service)
    .map(({ topic, partitions, retentionMs }) => ({
      topic,
      partitions,
      config: { 'retention.ms': String(retentionMs) },
    }));
  const foreign = (list: typeof facts) =>
    list.filter(({ owner }) => owner !== service).map(({ topic, owner }) => ({ topic, owner }));
  return {
    service,
    owns: [
      ...owns,
      ...(asks.length > 0
        ? [{ topic: replyTopic(service), partitions: 6, config: { 'retention.ms': String(REPLIES_KEPT_MS) } }]
        : []),
      ...retryDelaysOf(handlers).map((delayMs) => retries(service, delayMs)),
      ...(handlers.length > 0 ? [deadLetters(service), settled(service)] : []),
    ],
    reads: [...foreign(handled), ...topicsRead(readers)],
    // Its own, too: a service may ask all its replicas.
    asks: asks.map((contract) => contractOf(contract)).map(({ topic, owner }) => ({ topic, owner })),
    answers: handled.filter(({ kind }) => kind === 'request').map(({ topic }) => topic),
    ...(asks.length > 0 && { replies: replyTopic(service) }),
    groups: [
      ...(oneReplica ? [{ group: groupOf(definition), pattern: 'literal' as const }] : []),
      ...(retryDelaysOf(handlers).length > 0 ? [{ group: retryGroup(service), pattern: 'literal' as const }] : []),
      ...(asks.length > 0 ? [{ group: `${service}.replies.`, pattern: 'prefixed' as const }] : []),
      ...(everyReplica ? [{ group: `${service}.replica.`, pattern: 'prefixed' as const }] : []),
      ...(handlers.some(({ replayable }) => replayable)
        ? [{ group: `${service}.replay.`, pattern: 'prefixed' as const }]
        : []),
    ],
    handlers: [
      ...handlers.map(({ contract, name, delivery }) => ({
        handler: name,
        topic: contractOf(contract).topic,
        delivery,
      })),
      ...readers.map(({ of, name }) => ({ handler: name, topic: deadLetterTopic(of), delivery: 'one-replica' })),
    ],
  };
}

/** The group in which replicas share events and requests. */
export const groupOf = ({ service, groupId }: ServiceDefinition): string => groupId ?? service;

/** All delays that a service's handlers use, in ms, growing. */
export function retryDelaysOf(handlers: readonly Pick<HandlerFacts, 'contract' | 'policy'>[]): number[] {
  const events = handlers.filter(({ contract }) => contractOf(contract).kind === 'event');
  return [...new Set(events.flatMap(({ policy }) => policy.delaysMs))].sort((a, b) => a - b);
}

function retries(service: string, delayMs: number): OwnedTopic {
  const config = {
    'retention.ms': String(delayMs + RETRIES_KEPT_MS),
    'max.message.bytes': String(MAX_BYTES + HEADROOM),
  };
  return { topic: retryTopic(service, delayMs), partitions: 6, config };
}

function deadLetters(service: string): OwnedTopic {
  const config = { 'retention.ms': String(DEAD_LETTERS_KEPT_MS), 'max.message.bytes': String(MAX_BYTES + HEADROOM) };
  return { topic: deadLetterTopic(service), partitions: 6, config };
}

/** Kept for as long as what it is about. */
function settled(service: string): OwnedTopic {
  return { topic: settledTopic(service), partitions: 1, config: { 'cleanup.policy': 'compact' } };
}

/** Groups that the transport makes for other purposes. */
const isReserved = (service: string, groupId: string): boolean =>
  ['retry', 'replica.', 'replies.', 'replay.'].some((kind) => groupId.startsWith(`${service}.${kind}`));

function checkDefinition(
  { service, contracts, asks = [], groupId, retryDelaysMs = [] }: ServiceDefinition,
  handlers: readonly HandlerFacts[],
): void {
  if (!/^[a-z][a-z0-9-]*$/.test(service)) {
    throw new SettingsError(`"${service}" is no service name: lower case letters, digits and hyphens are expected.`);
  }
  if (groupId !== undefined && (groupId.trim() === '' || isReserved(service, groupId))) {
    throw new SettingsError(`groupId is "${groupId}": leave it out, or give the group whose offsets are kept.`);
  }
  const mistake = mistakeInDelays(retryDelaysMs);
  if (mistake) throw new SettingsError(`retryDelaysMs of ${service} is [${retryDelaysMs.join(', ')}]: ${mistake}.`);
  const owners = new Map<string, string>();
  for (const contract of contracts) {
    const { topic } = contractOf(contract);
    const other = owners.get(topic);
    if (other) throw new SettingsError(`${contract.name} and ${other} are contracts of one topic, ${topic}.`);
    owners.set(topic, contract.name);
  }
  const seen = new Map<string, string>();
  for (const { contract, name } of handlers) {
    const { topic, kind, owner } = contractOf(contract);
    const other = seen.get(topic);
    if (other) {
      throw new SettingsError(
        `${other} and ${name} both handle ${contract.name}: one handler for each contract and service.`,
      );
    }
    if (!contracts.includes(contract)) {
      throw new SettingsError(
        `${name} handles ${contract.name}, which is not in the list of contracts given to KafkaModule.`,
      );
    }
    if (kind === 'request' && owner !== service) {
      throw new SettingsError(`${name} answers ${contract.name}, which ${owner} must answer: its topic is ${topic}.`);
    }
    seen.set(topic, name);
  }
  for (const contract of asks) {
    const { kind } = contractOf(contract);
    if (kind !== 'request') throw new SettingsError(`${contract.name} is an event; \`asks\` lists requests.`);
  }
}
