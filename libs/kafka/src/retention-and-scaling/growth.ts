import { partitionOf } from '../publishing/partition-of.js';
import type { Topology } from '../topology/topology.js';

/** One topic that gets more partitions. */
export interface Growth {
  readonly topic: string;
  readonly from: number;
  readonly to: number;
}

/**
 * What is to be grown, in this order: first the retry topics of the services that handle the topic, which must have as many
 * partitions as the largest topic they serve, then the topic itself.
 * @param partitions of all topics that there are
 */
export function planGrowth(
  topic: string,
  to: number,
  topologies: readonly Topology[],
  partitions: ReadonlyMap<string, number>,
): Growth[] {
  // A request that fails is answered; it goes through no retry topic.
  const retrying = topologies.filter(
    ({ handlers, answers }) =>
      !answers.includes(topic) &&
      handlers.some((handler) => handler.topic === topic && handler.delivery === 'one-replica'),
  );
  const retries = [...partitions.keys()]
    .filter((name) => retrying.some(({ service }) => name.startsWith(`${service}.retry.`)))
    .sort();
  return [...retries, topic]
    .map((name) => ({ topic: name, from: partitions.get(name) ?? 0, to }))
    .filter(({ from }) => from < to);
}

const SAMPLE = 10_000;

/** How many of 100 keys lie in another partition afterwards. */
export function movedKeys({ from, to }: Pick<Growth, 'from' | 'to'>): number {
  let moved = 0;
  for (let index = 0; index < SAMPLE; index++) {
    const key = Buffer.from(`key-${index}`);
    if (partitionOf(key, from) !== partitionOf(key, to)) moved++;
  }
  return Math.round((moved * 100) / SAMPLE);
}

/** What a growth does to those who read and write the topic, sentence by sentence. */
export function consequences({ topic, from, to }: Growth, topologies: readonly Topology[]): string[] {
  const reading = (delivery: string) =>
    topologies
      .filter(({ handlers }) => handlers.some((handler) => handler.topic === topic && handler.delivery === delivery))
      .map(({ service }) => service);
  const askers = topologies.filter(({ service }) => `${service}.replies` === topic).map(({ service }) => service);
  const soon = [...reading('every-replica'), ...askers];
  const shared = reading('one-replica');
  return [
    `About ${movedKeys({ from, to })} of 100 keys move to another partition: what is sent of such a key before and after may be handled side by side. ` +
      'To keep their order, stop who publishes, wait until everything is handled, grow, start again.',
    ...(shared.length > 0 ? [notice(shared, 10)] : []),
    ...(soon.length > 0 ? [notice(soon, 2)] : []),
    'Publishers go on with the old partitions for up to 30 s, and notice at their next start.',
    'A consumer of others that begins at "latest", as stock NestJS does, skips what the new partitions hold when it notices them, up to 5 minutes later.',
    `Then say \`partitions: ${to}\` in its contract: until then each start of its owner warns that they differ.`,
  ];
}

const notice = (services: readonly string[], seconds: number): string =>
  `Running replicas of ${[...services].sort().join(', ')} notice within ${seconds} s, rebalance, and read the new partitions from their beginning: nothing is skipped.`;
