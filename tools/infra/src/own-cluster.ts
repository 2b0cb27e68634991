import kafkajs from 'kafkajs';
import { InfraError } from './infra-error.js';
import type { PartAction } from './keeper/protocol.js';
import { startOwn } from './own-broker.js';
import type { BrokerControl } from './part-control.js';
import { kafkaConfig } from './parts/kafka/kafka-ready.js';

/** Three brokers that a test may take away, one by one, and bring back: each keeps all, an answer needs two. */
export interface OwnCluster extends BrokerControl {
  /** `host:port,host:port,host:port` */
  readonly kafka: string;
  /** `KAFKA_BROKERS`. */
  readonly env: Record<string, string>;
  /** Which of them answers for a partition now. */
  leaderOf(topic: string, partition: number): Promise<number>;
  /** Which of them keeps the offsets of a group now. */
  coordinatorOf(group: string): Promise<number>;
  /** Stops them and deletes their data. */
  remove(): Promise<void>;
}

const OFFSETS = '__consumer_offsets';

/** For the caller alone, right here (never in Docker), whatever `KAFKA_BROKERS` and `KAFKA_NODES` say. */
export async function startOwnCluster(properties: Record<string, string> = {}): Promise<OwnCluster> {
  const { facts, lease, remove } = await startOwn({ properties, nodes: 3 });
  const brokers = facts.kafka.split(',');
  const act = async (node: number, action: PartAction): Promise<void> => {
    await lease.ask({ what: 'broker', action, node });
  };
  return {
    kafka: facts.kafka,
    env: facts.env,
    nodes: brokers.map((address, index) => ({ id: index + 1, address })),
    kill: (id) => act(id, 'kill'),
    stop: (id) => act(id, 'stop'),
    start: (id) => act(id, 'start'),
    pause: (id) => act(id, 'pause'),
    resume: (id) => act(id, 'resume'),
    leaderOf: async (topic, partition) => leaderIn(await leadersOf(brokers, topic), topic, partition),
    coordinatorOf: async (group) => {
      const leaders = await leadersOf(brokers, OFFSETS);
      return leaderIn(leaders, OFFSETS, javaHash(group) % leaders.size);
    },
    remove,
  };
}

/** The leader of each partition; −1: none. */
async function leadersOf(brokers: string[], topic: string): Promise<Map<number, number>> {
  const admin = new kafkajs.Kafka({ ...kafkaConfig({ brokers, ssl: false }), requestTimeout: 3_000 }).admin();
  try {
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return new Map(topics[0]?.partitions.map(({ partitionId, leader }) => [partitionId, leader]));
  } finally {
    await admin.disconnect();
  }
}

function leaderIn(leaders: Map<number, number>, topic: string, partition: number): number {
  const leader = leaders.get(partition) ?? -1;
  if (leader < 1) throw new InfraError(`Partition ${partition} of ${topic} has no leader.`);
  return leader;
}

/** By which the brokers choose the partition of a group's offsets: Java's `String.hashCode`, without its sign. */
function javaHash(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(31, hash) + text.charCodeAt(index)) | 0;
  return hash & 0x7fffffff;
}
