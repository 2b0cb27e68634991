import { setTimeout as pause } from 'node:timers/promises';
import type { Producer } from 'kafkajs';
import { accountOf, saleFields } from '../measured/payload.js';
import { connectionOf, DefaultPartitioner } from '../measured/raw/client.js';

const EVERY_MS = 20;

/** A message to each partition, fifty times a second, until it is stopped. */
export class Feed {
  /** How many each partition got. */
  sent = 0;
  #running = true;

  private constructor(
    private readonly producer: Producer,
    private readonly topic: string,
    private readonly partitions: number,
  ) {}

  static async start(brokers: readonly string[], topic: string, partitions: number): Promise<Feed> {
    const producer = connectionOf(brokers, 'bench-feed').producer({ createPartitioner: DefaultPartitioner });
    await producer.connect();
    const feed = new Feed(producer, topic, partitions);
    feed.#ended = feed.#run();
    return feed;
  }

  #ended: Promise<void> = Promise.resolve();

  /** Throws where a message could not be sent. */
  async stop(): Promise<void> {
    this.#running = false;
    await this.#ended.finally(() => this.producer.disconnect());
  }

  async #run(): Promise<void> {
    while (this.#running) {
      const sequence = this.sent;
      const messages = Array.from({ length: this.partitions }, (_, partition) => ({
        partition,
        key: accountOf(partition),
        value: JSON.stringify(saleFields(partition, sequence)),
      }));
      await this.producer.send({ topic: this.topic, messages });
      this.sent++;
      await pause(EVERY_MS);
    }
  }
}
