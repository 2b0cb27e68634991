import type { Message, Producer } from 'kafkajs';
import type { KafkaConnection } from './connection.js';
import type { OutgoingRecord } from './record.js';

/**
 * One idempotent producer, from its connect to its first rejected send. After a rejection kafkajs rolls its sequence
 * numbers back although the broker may have appended: the next batch is taken for a duplicate, acknowledged and not
 * written. So a session that failed once must be dropped.
 */
export class ProducerSession {
  private constructor(private readonly producer: Producer) {}

  static async connect(connection: KafkaConnection): Promise<ProducerSession> {
    // A request that takes its whole deadline leaves no time for another try.
    const requestTimeout = Math.min(4_000, connection.settings.publishTimeoutMs * 0.4);
    const producer = connection.kafka({ requestTimeout }).producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      metadataMaxAge: 30_000,
      // Inside one send a retry has the same sequence number: the broker drops the copy.
      retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 500 },
      // Chosen before the record was queued.
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition as number,
    });
    try {
      await producer.connect();
    } catch (error) {
      void producer.disconnect().catch(() => undefined);
      throw error;
    }
    return new ProducerSession(producer);
  }

  /** Resolves when every in-sync replica has all of them. Throws where the broker's answer leaves one out. */
  async send(records: readonly OutgoingRecord[]): Promise<void> {
    const byTopic = new Map<string, Message[]>();
    const expected = new Set<string>();
    for (const { topic, partition, key, value, headers } of records) {
      const messages = byTopic.get(topic) ?? [];
      byTopic.set(topic, messages);
      messages.push({ key, value, partition, headers: headers as NonNullable<Message['headers']> });
      expected.add(`${topic}/${partition}`);
    }
    const topicMessages = [...byTopic].map(([topic, messages]) => ({ topic, messages }));
    const answer = await this.producer.sendBatch({ acks: -1, topicMessages });
    for (const { topicName, partition } of answer) expected.delete(`${topicName}/${partition}`);
    // kafkajs resolves with an empty answer for a partition that does not exist.
    if (expected.size > 0) throw new UnansweredError([...expected]);
  }

  /** Never rejects: what it held is the caller's to send again. */
  async close(): Promise<void> {
    await this.producer.disconnect().catch(() => undefined);
  }
}

/** All others of the request were written. The producer may know a topic as it was before it grew: a fresh one helps. */
export class UnansweredError extends Error {
  /** @param partitions `topic/partition` of each */
  constructor(readonly partitions: readonly string[]) {
    super(`The broker's answer says nothing of ${partitions.join(', ')}.`);
  }
}
