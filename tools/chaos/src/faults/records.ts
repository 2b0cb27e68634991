import { EVENT_TOPICS } from '../schedule/kinds.js';
import { Random } from '../schedule/random.js';
import type { SeenRecord, ShopBroker } from '../seen/broker.js';
import { until } from '../seen/waiting.js';
import type { Injector, Surroundings } from './injector.js';

/** Records that are published again by one fault. */
const MOST = 30;
const RECORDS_WITHIN_MS = 60_000;

/** Of each event topic and partition where the next record will stand. */
export async function whereTopicsEnd(broker: ShopBroker): Promise<ReadonlyMap<string, ReadonlyMap<number, bigint>>> {
  return new Map(await Promise.all(EVENT_TOPICS.map(async (topic) => [topic, await broker.ends(topic)] as const)));
}

export const duplicates: Injector = async ({ target: topic, seed }, around) => {
  const [partition, { begin, end }] = await someOf(topic, seed, around);
  const from = end - BigInt(MOST) > begin ? end - BigInt(MOST) : begin;
  return publishAgain(topic, partition, from, around);
};

export const oldRecords: Injector = async ({ target: topic, seed }, around) => {
  const [partition, { begin }] = await someOf(topic, seed, around);
  return publishAgain(topic, partition, begin, around);
};

/** A partition that has records of this run, and where these begin and end. Waits for the first one. */
function someOf(
  topic: string,
  seed: number,
  { broker, begin, signal }: Surroundings,
): Promise<[number, { begin: bigint; end: bigint }]> {
  return until(`${topic} has records`, { withinMs: RECORDS_WITHIN_MS, signal, everyMs: 500 }, async () => {
    const ends = [...(await broker.ends(topic))].map(
      ([partition, end]) =>
        [partition, { begin: begin.get(topic)?.get(partition) ?? 0n, end }] as [number, { begin: bigint; end: bigint }],
    );
    const filled = ends.filter(([, { begin, end }]) => end > begin);
    return filled.length > 0 && new Random(seed).pick(filled);
  });
}

/** Only of orders that customers of this run know of: what else lies in a topic may be poison that somebody has put there. */
async function publishAgain(topic: string, partition: number, from: bigint, around: Surroundings): Promise<string> {
  const records = await around.broker.read(topic, partition, from, MOST);
  const ours = records.filter(({ key }) => key !== null && around.orderIds.has(key.toString()));
  if (ours.length > 0) await around.broker.publish(topic, ours);
  return `${ours.length} records of ${topic}, partition ${partition}${offsetsOf(ours)}`;
}

const offsetsOf = (records: readonly SeenRecord[]): string =>
  records.length === 0 ? '' : `, offsets ${records[0]?.offset} to ${records.at(-1)?.offset}`;
