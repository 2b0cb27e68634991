import type { Cluster, KafkaMessage } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isPassing } from './failures.js';
import { toConsumedRecord } from './fetched-batch.js';
import type { ConsumedRecord } from './record.js';

/** What of kafkajs' answer to a fetch matters here; its types say `any`. */
interface Fetched {
  readonly responses: readonly { readonly partitions: readonly { readonly messages: readonly FetchedMessage[] }[] }[];
}
type FetchedMessage = KafkaMessage & { readonly isControlRecord?: boolean };

const READ_COMMITTED = 1;
const AT_ONCE_BYTES = 4_194_304;
const TRIES = 20;

/**
 * Hands over every record that is in a topic at this moment, by partition, in the order of its offsets. In no group:
 * nothing is left behind on the broker.
 * @throws what the broker answers where the topic does not exist or may not be read
 */
export async function readTopic(
  cluster: Cluster,
  topic: string,
  take: (record: ConsumedRecord) => void,
): Promise<void> {
  await cluster.connect();
  await cluster.addMultipleTargetTopics([topic]);
  const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => ({ partition: partitionId }));
  const ends = await offsetsOf(cluster, topic, partitions, false);
  const begins = await offsetsOf(cluster, topic, partitions, true);
  for (const [partition, end] of ends) {
    let next = begins.get(partition) ?? 0n;
    while (next < end) next = await readOn(cluster, topic, partition, next, end, take);
  }
}

/** @returns where to read on */
async function readOn(
  cluster: Cluster,
  topic: string,
  partition: number,
  from: bigint,
  end: bigint,
  take: (record: ConsumedRecord) => void,
): Promise<bigint> {
  const messages = await fetchFrom(cluster, topic, partition, from);
  // What is left is an open transaction, or was compacted away.
  if (messages.length === 0) return end;
  let next = from;
  for (const message of messages) {
    const offset = BigInt(message.offset);
    // A batch is handed over from its begin on.
    if (offset < next) continue;
    if (offset >= end) return end;
    if (!message.isControlRecord) take(toConsumedRecord(topic, partition, message));
    next = offset + 1n;
  }
  // A batch of which nothing is left.
  return next > from ? next : end;
}

async function fetchFrom(
  cluster: Cluster,
  topic: string,
  partition: number,
  from: bigint,
): Promise<readonly FetchedMessage[]> {
  for (let tries = 1; ; tries++) {
    try {
      const leaders = cluster.findLeaderForPartitions(topic, [partition]);
      const broker = await cluster.findBroker({ nodeId: Object.keys(leaders)[0] ?? '' });
      const { responses } = (await broker.fetch({
        maxWaitTime: 500,
        minBytes: 1,
        maxBytes: AT_ONCE_BYTES,
        isolationLevel: READ_COMMITTED,
        topics: [{ topic, partitions: [{ partition, fetchOffset: from.toString(), maxBytes: AT_ONCE_BYTES }] }],
      })) as Fetched;
      return responses[0]?.partitions[0]?.messages ?? [];
    } catch (error) {
      if (tries === TRIES || !isPassing(error)) throw error;
      await sleep(250);
      await cluster.refreshMetadata().catch(() => undefined);
    }
  }
}

async function offsetsOf(
  cluster: Cluster,
  topic: string,
  partitions: { partition: number }[],
  fromBeginning: boolean,
): Promise<Map<number, bigint>> {
  const [found] = await cluster.fetchTopicsOffset([{ topic, partitions, fromBeginning }]);
  return new Map((found?.partitions ?? []).map(({ partition, offset }) => [partition, BigInt(offset)]));
}
