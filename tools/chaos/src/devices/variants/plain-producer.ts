import type { KafkaSettings, PreparedEvent } from '@fieldguide/kafka';
import kafkajs, { type KafkaConfig, type Producer } from 'kafkajs';

/** kafkajs as it comes. */
export class PlainProducer {
  private readonly producer: Producer;
  private connecting: Promise<void> | undefined;

  constructor({ brokers, sasl }: KafkaSettings) {
    const login = sasl && { sasl: sasl as NonNullable<KafkaConfig['sasl']> };
    const kafka = new kafkajs.Kafka({ clientId: 'plain', brokers: [...brokers], ...login });
    this.producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  }

  async send(events: readonly PreparedEvent[], acks = -1): Promise<void> {
    await (this.connecting ??= this.producer.connect());
    for (const { topic, key, value, headers } of events)
      await this.producer.send({ topic, acks, messages: [{ key, value, headers: { ...headers } }] });
  }

  close(): Promise<void> {
    return this.producer.disconnect();
  }
}
