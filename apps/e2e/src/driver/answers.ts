import { randomUUID } from 'node:crypto';
import { header, type SeenRecord } from './broker.js';
import type { Shop } from './shop.js';

/** A topic for answers to what a spec asks by hand. */
export class Answers {
  private constructor(
    private readonly shop: Shop,
    readonly topic: string,
    private readonly takeBack: () => Promise<void>,
  ) {}

  /** As an operator does for who asks from outside of the shop: billing may answer there. */
  static async open(shop: Shop): Promise<Answers> {
    const topic = `answers-${randomUUID()}`;
    await shop.broker.admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false });
    return new Answers(shop, topic, await shop.broker.letWrite('billing', topic));
  }

  /** The headers that ask for an answer here, under this id. */
  address(id: string): Record<string, string> {
    return { kafka_replyTopic: this.topic, kafka_correlationId: id };
  }

  records(): Promise<SeenRecord[]> {
    return this.shop.broker.read(this.topic);
  }

  /** Of each answer the id of what it answers. */
  async ids(): Promise<(string | undefined)[]> {
    return (await this.records()).map((record) => header(record, 'kafka_correlationId'));
  }

  async close(): Promise<void> {
    await this.takeBack();
    await this.shop.broker.admin.deleteTopics({ topics: [this.topic] });
  }
}
