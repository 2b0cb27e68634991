import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** The broker that the runner found or started, seen from outside. */
export class StockBroker {
  readonly brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',');
  readonly kafka: Kafka = new kafkajs.Kafka({
    clientId: 'outside',
    brokers: this.brokers,
    logLevel: kafkajs.logLevel.NOTHING,
  });
  readonly admin: Admin = this.kafka.admin();

  static async connect(): Promise<StockBroker> {
    if (!process.env['KAFKA_BROKERS']) throw new Error('KAFKA_BROKERS is not set: run claims with `npx nx claims`.');
    const broker = new StockBroker();
    await broker.admin.connect();
    return broker;
  }

  async createTopic(topic: string, numPartitions = 1): Promise<void> {
    await this.admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true });
  }

  async groups(): Promise<string[]> {
    const { groups } = await this.admin.listGroups();
    return groups.map(({ groupId }) => groupId);
  }

  async close(): Promise<void> {
    await this.admin.disconnect();
  }
}

/** Topics and groups of one spec, so that specs run side by side. */
export const unique = (name: string): string => `${name}-${randomBytes(4).toString('hex')}`;

/** Asks until the answer is yes. Throws after the deadline, with what was asked for. */
export async function eventually(
  what: string,
  ask: () => boolean | Promise<boolean>,
  deadlineMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!(await ask())) {
    if (Date.now() > deadline) throw new Error(`Not within ${deadlineMs} ms: ${what}`);
    await sleep(25);
  }
}
