import type { ConfigChange, TopicAdmin } from '../client/index.js';
import { type Retention, retentionMs } from '../contract/retention.js';
import { SettingsError } from '../errors.js';
import { retryGroup } from '../retry-topics/retry-topic.js';
import type { Topology } from '../topology/topology.js';

/** What somebody wants of a topic. */
export interface Wish {
  /** `7d`, `12h`, `forever`. */
  readonly retention?: string | undefined;
  readonly compact?: boolean | undefined;
  /** `name=value` each. */
  readonly config?: readonly string[] | undefined;
  /** Names of settings that go back to the broker's default. */
  readonly reset?: readonly string[] | undefined;
}

/** @throws SettingsError where nothing is wished for, or something that is no setting */
export function changesOf({ retention, compact, config = [], reset = [] }: Wish): ConfigChange[] {
  const changes = [
    ...(retention === undefined ? [] : [{ name: 'retention.ms', value: String(msOf(retention)) }]),
    ...(compact ? [{ name: 'cleanup.policy', value: 'compact' }] : []),
    ...config.map(readPair),
    ...reset.map((name) => ({ name, value: null })),
  ];
  if (changes.length === 0) {
    throw new SettingsError('Nothing to set: give --retention 7d, --compact, --config name=value or --reset name.');
  }
  const names = changes.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new SettingsError(`${twice} is given twice: once is expected.`);
  return changes;
}

function msOf(retention: string): number {
  try {
    return retentionMs(retention as Retention);
  } catch {
    throw new SettingsError(`--retention is "${retention}": 30m, 12h, 7d or forever is expected.`);
  }
}

function readPair(pair: string): ConfigChange {
  const [, name, value] = /^([a-z.]+)=(.*)$/.exec(pair) ?? [];
  if (!name || value === undefined) throw new SettingsError(`--config is "${pair}": name=value is expected.`);
  return { name, value };
}

/** Topics whose records may lack a key: a broker refuses these where a topic is compacted. */
export function whyNotCompacted(topic: string, topologies: readonly Topology[]): string | undefined {
  if (/\.(replies|dead-letters)$|\.retry\./.test(topic) || topologies.some(({ answers }) => answers.includes(topic))) {
    return `${topic} is no topic of events: its records need no key, and Kafka refuses those without one where a topic is compacted.`;
  }
  return undefined;
}

/** How many records a group has not handled that are older than a retention. */
export interface Unread {
  readonly group: string;
  readonly records: number;
}

/** Who would never see what goes, and how much of it. */
export async function unreadOf(
  admin: TopicAdmin,
  topic: string,
  ageMs: number,
  topologies: readonly Topology[],
): Promise<{ old: number; unread: Unread[] }> {
  const ranges = await admin.olderThan(topic, ageMs);
  const old = ranges.reduce((sum, { low, cut }) => sum + Math.max(0, cut - low), 0);
  const unread: Unread[] = [];
  for (const group of groupsOf(topic, topologies)) {
    const committed = await admin.committed(group, topic);
    const records = ranges.reduce((sum, { partition, low, cut }) => {
      return sum + Math.max(0, cut - Math.max(low, committed.get(partition) ?? low));
    }, 0);
    if (records > 0) unread.push({ group, records });
  }
  return { old, unread };
}

/** Groups that share a topic, and keep their place in it. */
function groupsOf(topic: string, topologies: readonly Topology[]): string[] {
  return topologies.flatMap(({ service, groups, handlers }) => {
    if (topic.startsWith(`${service}.retry.`)) return [retryGroup(service)];
    const shares = handlers.some((handler) => handler.topic === topic && handler.delivery === 'one-replica');
    const own = groups.filter(({ group, pattern }) => pattern === 'literal' && group !== retryGroup(service));
    return shares ? own.map(({ group }) => group) : [];
  });
}
