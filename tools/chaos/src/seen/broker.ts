import { kafkaLogin } from '@fieldguide/infra';
import { readEveryCodec } from '@fieldguide/poison';
import kafkajs, { type Admin, type Consumer, type IHeaders, type KafkaConfig } from 'kafkajs';
import { until } from './waiting.js';

export interface SeenRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: IHeaders;
}

const READ_WITHIN_MS = 30_000;

/** The shop's Kafka from outside. Every look is a connection of its own: the broker of the last one may be gone. */
export class ShopBroker {
  private readonly kafka;

  constructor(brokers: () => string) {
    readEveryCodec();
    const sasl = kafkaLogin();
    this.kafka = new kafkajs.Kafka({
      clientId: 'chaos',
      brokers: () => brokers().split(','),
      ...(sasl && { sasl: sasl as NonNullable<KafkaConfig['sasl']> }),
      logLevel: kafkajs.logLevel.NOTHING,
      connectionTimeout: 1_000,
      requestTimeout: 5_000,
      retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 500 },
    });
  }

  /** Client ids of a group's members, each with how many partitions it has. Throws where the group is not stable. */
  async members(groupId: string): Promise<Map<string, number>> {
    const { groups } = await this.asAdmin((admin) => admin.describeGroups([groupId]));
    const [group] = groups;
    if (group?.state !== 'Stable') throw new Error(`group ${groupId} is ${group?.state ?? 'not there'}`);
    return new Map(group.members.map(({ clientId, memberAssignment }) => [clientId, partitionsIn(memberAssignment)]));
  }

  /** Of each partition the offset of the next record. */
  async ends(topic: string): Promise<Map<number, bigint>> {
    const offsets = await this.asAdmin((admin) => admin.fetchTopicOffsets(topic));
    return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]));
  }

  /** How many records of a topic a group has not committed. */
  async behind(groupId: string, topic: string): Promise<bigint> {
    const [offsets] = await this.asAdmin((admin) => admin.fetchOffsets({ groupId, topics: [topic] }));
    const committed = new Map(offsets?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
    // -1: nothing was ever committed.
    const left = [...(await this.ends(topic))].map(([partition, end]) => end - atLeast(0n, committed.get(partition)));
    return left.reduce((sum, one) => sum + one, 0n);
  }

  /** The broker that leads a partition, by its number. */
  async leaderOf(topic: string, partition: number): Promise<number | undefined> {
    const { topics } = await this.asAdmin((admin) => admin.fetchTopicMetadata({ topics: [topic] }));
    return topics[0]?.partitions.find(({ partitionId }) => partitionId === partition)?.leader;
  }

  /** Up to `count` records of a partition, from an offset on. */
  async read(topic: string, partition: number, from: bigint, count: number): Promise<SeenRecord[]> {
    const end = (await this.ends(topic)).get(partition) ?? 0n;
    const wanted = Number(end - from < BigInt(count) ? end - from : BigInt(count));
    if (wanted <= 0) return [];
    const groupId = `chaos-${Math.random().toString(36).slice(2)}`;
    const consumer = this.kafka.consumer({ groupId, maxWaitTimeInMs: 50 });
    try {
      return await readWith(consumer, { topic, partition, from, wanted });
    } finally {
      await consumer.disconnect();
      await this.asAdmin((admin) => admin.deleteGroups([groupId])).catch(() => undefined); // gone with its last member
    }
  }

  /** The same bytes, into the same partition. */
  async publish(topic: string, records: readonly SeenRecord[]): Promise<void> {
    const producer = this.kafka.producer();
    await producer.connect();
    try {
      const messages = records.map(({ partition, key, value, headers }) => ({ partition, key, value, headers }));
      await producer.send({ topic, messages });
    } finally {
      await producer.disconnect();
    }
  }

  private async asAdmin<T>(look: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      return await look(admin);
    } finally {
      await admin.disconnect();
    }
  }
}

interface Stretch {
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
  readonly wanted: number;
}

async function readWith(consumer: Consumer, { topic, partition, from, wanted }: Stretch): Promise<SeenRecord[]> {
  const seen: SeenRecord[] = [];
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: ({ partition: its, message }) => {
      const { key, value, offset, headers = {} } = message;
      if (its === partition && BigInt(offset) >= from)
        seen.push({ partition, offset: BigInt(offset), key, value, headers });
      return Promise.resolve();
    },
  });
  consumer.seek({ topic, partition, offset: String(from) });
  await until(`records of ${topic}`, { withinMs: READ_WITHIN_MS }, () => seen.length >= wanted);
  return seen.slice(0, wanted);
}

const atLeast = (least: bigint, offset = least): bigint => (offset < least ? least : offset);

function partitionsIn(assignment: Buffer): number {
  const decoded = kafkajs.AssignerProtocol.MemberAssignment.decode(assignment);
  return Object.values(decoded?.assignment ?? {}).flat().length;
}
