import kafkajs, { type Admin, type Kafka, type KafkaMessage, type Message, type Producer } from 'kafkajs';
import { eventually } from './eventually.js';

/** The broker that the runner found or started. */
export const brokers = (): string[] => {
  const list = process.env['KAFKA_BROKERS'];
  if (!list) throw new Error('KAFKA_BROKERS is not set: run broker specs with `npx nx broker-test kafka`.');
  return list.split(',');
};

/** A record that a foreign consumer read. */
export type SeenRecord = KafkaMessage & { readonly topic: string; readonly partition: number };

/** A foreign client: looks at the broker from outside, and writes what services never would. */
export class BrokerUnderTest {
  readonly kafka: Kafka = new kafkajs.Kafka({
    clientId: 'outside',
    brokers: brokers(),
    logLevel: kafkajs.logLevel.NOTHING,
  });
  readonly admin: Admin = this.kafka.admin();
  #producer: Producer | undefined;

  async connect(): Promise<this> {
    await this.admin.connect();
    return this;
  }

  async createTopic(topic: string, numPartitions = 1): Promise<void> {
    await this.admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: false });
    await eventually(`topic ${topic}`, async () => {
      const { topics } = await this.admin.fetchTopicMetadata({ topics: [topic] }).catch(() => ({ topics: [] }));
      return topics[0]?.partitions.length === numPartitions && topics[0].partitions.every(({ leader }) => leader >= 0);
    });
  }

  async send(topic: string, ...messages: Message[]): Promise<void> {
    if (!this.#producer) {
      this.#producer = this.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
      await this.#producer.connect();
    }
    await this.#producer.send({ topic, messages });
  }

  /** Everything that is in a topic at this moment, read in a group of its own that is deleted again. */
  async read(topic: string): Promise<SeenRecord[]> {
    const ends = await this.admin.fetchTopicOffsets(topic);
    const missing = new Map(
      ends.filter(({ low, high }) => low !== high).map(({ partition, high }) => [partition, BigInt(high)]),
    );
    const seen: SeenRecord[] = [];
    if (missing.size === 0) return seen;
    const groupId = `outside-${topic}-${Math.random().toString(36).slice(2)}`;
    const consumer = this.kafka.consumer({ groupId, maxWaitTimeInMs: 50 });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        for (const message of batch.messages) seen.push({ ...message, topic, partition: batch.partition });
        if (BigInt(batch.lastOffset()) + 1n >= (missing.get(batch.partition) ?? 0n)) missing.delete(batch.partition);
        return Promise.resolve();
      },
    });
    try {
      await eventually(`all of ${topic}`, () => missing.size === 0);
    } finally {
      await consumer.disconnect();
      await this.admin.deleteGroups([groupId]).catch(() => undefined);
    }
    return seen;
  }

  /** The offset that a group has committed for each partition, -1 where it has none. */
  async committed(groupId: string, topic: string): Promise<number[]> {
    const [offsets] = await this.admin.fetchOffsets({ groupId, topics: [topic] });
    const partitions = [...(offsets?.partitions ?? [])].sort((a, b) => a.partition - b.partition);
    return partitions.map(({ offset }) => Number(offset));
  }

  /** How many records of a topic a group has not committed. */
  async lag(groupId: string, topic: string): Promise<number> {
    const ends = await this.admin.fetchTopicOffsets(topic);
    const committed = await this.committed(groupId, topic);
    return ends.reduce((sum, { partition, low, high }) => {
      const at = committed[partition] ?? -1;
      return sum + Number(high) - (at >= 0 ? at : Number(low));
    }, 0);
  }

  async close(): Promise<void> {
    await this.#producer?.disconnect();
    await this.admin.disconnect();
  }
}
