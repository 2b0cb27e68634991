import type { TopicState } from '../client/index.js';
import type { Topology } from '../topology/topology.js';

/** A topic, and where it is not what the contracts say. */
export interface ListedTopic {
  readonly topic: string;
  readonly partitions: number;
  /** -1: for ever. */
  readonly retentionMs: number;
  /** `delete`, `compact` or both. */
  readonly cleanup: string;
  /** Sentences; none where nobody says what it should be. */
  readonly differs: readonly string[];
}

/** Of all topics what they are, beside what the services' contracts say. */
export function listTopics(found: ReadonlyMap<string, TopicState>, topologies: readonly Topology[]): ListedTopic[] {
  const owned = new Map(topologies.flatMap(({ owns }) => owns.map((topic) => [topic.topic, topic] as const)));
  const names = [...new Set([...found.keys(), ...owned.keys()])].sort();
  return names.map((topic) => {
    const state = found.get(topic);
    const wanted = owned.get(topic);
    if (!state) return { topic, partitions: 0, retentionMs: 0, cleanup: '', differs: ['missing'] };
    const { partitions, config } = state;
    const isOwned = topologies.some(({ service }) => topic.startsWith(`${service}.`));
    const differs = wanted
      ? [
          ...(partitions === wanted.partitions ? [] : [`its contract says ${wanted.partitions} partitions`]),
          ...Object.entries(wanted.config)
            .filter(([name, value]) => config.get(name) !== value)
            .map(([name, value]) => `${name} is ${config.get(name) ?? 'not set'}, its contract says ${value}`),
        ]
      : isOwned
        ? ['no contract says it']
        : [];
    const retentionMs = Number(config.get('retention.ms'));
    return { topic, partitions, retentionMs, cleanup: config.get('cleanup.policy') ?? '', differs };
  });
}
