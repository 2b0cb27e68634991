import { EVENT_TOPICS } from '../schedule/kinds.js';
import { Random } from '../schedule/random.js';
import type { SeenRecord, ShopBroker } from '../seen/broker.js';
import type { Injector, Surroundings } from './injector.js';

const MOST = 30;

/** Of each event topic and partition where the next record will stand. */
export async function whereTopicsEnd(broker: ShopBroker): Promise<ReadonlyMap<string, ReadonlyMap<number, bigint>>> {
  return new Map(await Promise.all(EVENT_TOPICS.map(async (topic) => [topic, await broker.ends(topic)] as const)));
}

export const duplicates: Injector = async ({ target: topic, seed }, around) => {
  const partition = new Random(seed).pick([...(around.begin.get(topic)?.keys() ?? [])]);
  const end = (await around.broker.ends(topic)).get(partition) ?? 0n;
  const begin = around.begin.get(topic)?.get(partition) ?? 0n;
  const from = end - BigInt(MOST) > begin ? end - BigInt(MOST) : begin;
  return publishAgain(topic, partition, from, around);
};

export const oldRecords: Injector = async ({ target: topic, seed }, around) => {
  const partition = new Random(seed).pick([...(around.begin.get(topic)?.keys() ?? [])]);
  return publishAgain(topic, partition, around.begin.get(topic)?.get(partition) ?? 0n, around);
};

/** Only of orders that customers of this run know of: what else lies in a topic may be poison that somebody has put there. */
async function publishAgain(topic: string, partition: number, from: bigint, around: Surroundings): Promise<string> {
  const records = await around.broker.read(topic, partition, from, MOST);
  const ours = records.filter(({ key }) => key !== null && around.orderIds.has(key.toString()));
  if (ours.length > 0) await around.broker.publish(topic, ours);
  return `${ours.length} records of ${topic}, partition ${partition}${offsetsOf(ours)}`;
}

const offsetsOf = (records: readonly SeenRecord[]): string =>
  records.length === 0 ? '' : `, offsets ${records[0]?.offset} to ${records.at(-1)?.offset}`;
