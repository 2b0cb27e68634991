import { SettingsError } from '../errors.js';
import type { Topology } from '../topology/topology.js';

/** Kafka's own name of what may be done. */
export type AccessOperation = 'READ' | 'WRITE' | 'CREATE' | 'DELETE' | 'DESCRIBE_CONFIGS';

/** One thing that a service may do on the broker. READ and WRITE imply DESCRIBE. */
export interface AccessRule {
  /** What its name is the name of. */
  readonly resource: 'topic' | 'group';
  /** The whole name, or how names begin. */
  readonly name: string;
  /** `prefixed`: every name that begins so. */
  readonly pattern: 'literal' | 'prefixed';
  /** At least one. */
  readonly operations: readonly AccessOperation[];
  /** What the service needs it for. */
  readonly why: string;
}

/** All that one service may do, and not more. */
export interface ServiceAccess {
  /** Its name, as its topology has it. */
  readonly service: string;
  /** Who it is to the broker, e.g. `orders` for the principal `User:orders`. */
  readonly user: string;
  /** One for each name. */
  readonly rules: readonly AccessRule[];
}

/** How rights are derived. */
export interface AccessOptions {
  /** Services create no topics: an operator does. Default: false. */
  readonly production?: boolean;
  /** The broker's user of a service. Default: the service's name. */
  readonly userOf?: (service: string) => string;
}

/**
 * The least rights with which each service works, from what all of them print with `--topology`. Who answers a request
 * writes to the reply topics of those who ask it, so they are needed together: see `missingServices`.
 * @throws SettingsError where two services have one name or one consumer group
 */
export function deriveAccess(topologies: readonly Topology[], options: AccessOptions = {}): ServiceAccess[] {
  checkNames(topologies);
  const { production = false, userOf = (service: string) => service } = options;
  return topologies.map((topology) => ({
    service: topology.service,
    user: userOf(topology.service),
    rules: merged([...ownTopics(topology, production), ...foreignTopics(topology, topologies), ...groups(topology)]),
  }));
}

/** Services that others read or ask, and whose own topology is not among these: what they may do is not derived. */
export function missingServices(topologies: readonly Topology[]): string[] {
  const known = new Set(topologies.map(({ service }) => service));
  const named = topologies.flatMap(({ reads, asks }) => [...reads, ...asks].map(({ owner }) => owner));
  return [...new Set(named)].filter((owner) => !known.has(owner)).sort();
}

/** By prefix: what begins with its name is its own, and an event that it adds needs no new rule. */
function ownTopics({ service, owns }: Topology, production: boolean): AccessRule[] {
  if (owns.length === 0) return [];
  const operations: AccessOperation[] = [
    'READ',
    'WRITE',
    'DESCRIBE_CONFIGS',
    ...(production ? [] : ['CREATE' as const]),
  ];
  return [{ resource: 'topic', name: `${service}.`, pattern: 'prefixed', operations, why: 'its own topics' }];
}

/** One by one: of what belongs to others it may touch what it handles, asks and answers, and nothing beside. */
function foreignTopics(topology: Topology, all: readonly Topology[]): AccessRule[] {
  const { service, reads, asks, answers } = topology;
  const askers = all.filter(
    (other) => other.service !== service && other.asks.some(({ topic }) => answers.includes(topic)),
  );
  return [
    ...reads.map(({ topic, owner }) => literal(topic, 'READ', `handles what ${owner} says`)),
    ...asks
      .filter(({ owner }) => owner !== service)
      .map(({ topic, owner }) => literal(topic, 'WRITE', `asks ${owner}`)),
    ...askers.flatMap(({ replies, service: asker }) =>
      replies ? [literal(replies, 'WRITE', `answers ${asker}`)] : [],
    ),
  ];
}

/** Groups of single replicas are deleted when these stop. */
function groups(topology: Topology): AccessRule[] {
  return topology.groups.map(({ group, pattern }) => ({
    resource: 'group',
    name: group,
    pattern,
    operations: pattern === 'prefixed' ? ['READ', 'DELETE'] : ['READ'],
    why: pattern === 'prefixed' ? 'groups of single replicas and of replays' : 'its consumer group',
  }));
}

const literal = (name: string, operation: AccessOperation, why: string): AccessRule => ({
  resource: 'topic',
  name,
  pattern: 'literal',
  operations: [operation],
  why,
});

/** One rule for each name: a service may read the dead letters of another in two handlers. */
function merged(rules: readonly AccessRule[]): AccessRule[] {
  const byName = new Map<string, AccessRule>();
  for (const rule of rules) {
    const key = `${rule.resource} ${rule.pattern} ${rule.name}`;
    const known = byName.get(key);
    byName.set(key, known ? { ...known, ...union(known, rule) } : rule);
  }
  return [...byName.values()];
}

const union = (one: AccessRule, other: AccessRule): Pick<AccessRule, 'operations' | 'why'> => ({
  operations: [...new Set([...one.operations, ...other.operations])],
  why: [...new Set([one.why, other.why])].join(', '),
});

function checkNames(topologies: readonly Topology[]): void {
  const services = new Set<string>();
  const owners = new Map<string, string>();
  for (const { service, groups: own } of topologies) {
    if (services.has(service)) throw new SettingsError(`There are two topologies of ${service}: one is needed.`);
    services.add(service);
    for (const { group } of own) {
      const other = owners.get(group);
      if (other) throw new SettingsError(`${other} and ${service} both have the group ${group}: each needs its own.`);
      owners.set(group, service);
    }
  }
}
