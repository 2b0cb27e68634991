import type { Admin, Message } from 'kafkajs';
import { setTimeout as pause } from 'node:timers/promises';
import { connectionOf, DefaultPartitioner } from '../measured/raw/client.js';
import { accountOf, saleFields, type SaleFields } from '../measured/payload.js';
import { Sightings } from '../measured/sightings.js';

const BATCH = 2_000;
const READY_WITHIN_MS = 20_000;
const READ_WITHIN_MS = 600_000;

/** Topics of the runs, seen from outside of them. */
export class Topics {
  readonly #kafka;
  readonly #admin: Admin;

  constructor(brokers: readonly string[]) {
    this.#kafka = connectionOf(brokers, 'bench');
    this.#admin = this.#kafka.admin();
  }

  async connect(): Promise<this> {
    await this.#admin.connect();
    return this;
  }

  async create(names: readonly string[], numPartitions: number): Promise<void> {
    await this.#admin.createTopics({
      topics: names.map((topic) => ({ topic, numPartitions })),
      waitForLeaders: false,
    });
    for (const topic of names) await this.#leadersOf(topic);
  }

  /** Its metadata name the leaders a moment before they know of it. */
  async #leadersOf(topic: string): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS;
    for (;;) {
      try {
        return void (await this.#admin.fetchTopicOffsets(topic));
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await pause(20);
      }
    }
  }

  async remove(names: readonly string[]): Promise<void> {
    await this.#admin.deleteTopics({ topics: [...names] });
  }

  /** Round and round the keys, each with its own sequence. */
  async fill(topic: string, keys: number, count: number): Promise<void> {
    const producer = this.#kafka.producer({ createPartitioner: DefaultPartitioner });
    await producer.connect();
    for (let from = 0; from < count; from += BATCH) {
      const messages = Array.from({ length: Math.min(BATCH, count - from) }, (_, index) => message(from + index, keys));
      await producer.send({ topic, messages });
    }
    await producer.disconnect();
  }

  /** What is wrong with what callers have written: read from the beginning to the end, as a consumer of any kind would. */
  async problemsIn(topic: string, keys: number, expected: number): Promise<string[]> {
    return (await this.seenIn(topic, keys)).problems(expected);
  }

  /** All messages of a topic, in a group of its own. */
  async seenIn(topic: string, keys: number): Promise<Sightings> {
    const ends = await this.#admin.fetchTopicOffsets(topic);
    const missing = new Map(ends.map(({ partition, high }) => [partition, Number(high)]));
    for (const [partition, end] of missing) if (end === 0) missing.delete(partition);
    const sightings = new Sightings(keys);
    if (missing.size > 0) await this.#read(topic, missing, sightings);
    return sightings;
  }

  /** How many records there are in all topics of a service. */
  async recordsOf(service: string): Promise<number> {
    const names = (await this.#admin.listTopics()).filter((name) => name.startsWith(`${service}.`));
    const offsets = await Promise.all(names.map((name) => this.#admin.fetchTopicOffsets(name)));
    return offsets.flat().reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
  }

  async #read(topic: string, missing: Map<number, number>, sightings: Sightings): Promise<void> {
    const groupId = `${topic}.read-back`;
    const consumer = this.#kafka.consumer({ groupId, maxWaitTimeInMs: 50 });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      setTimeout(() => reject(new Error(`${topic} could not be read back in time.`)), READ_WITHIN_MS).unref();
      void consumer.run({
        autoCommit: false,
        eachBatch: ({ batch }) => {
          for (const { value } of batch.messages) sightings.see(JSON.parse(String(value)) as SaleFields);
          if (Number(batch.lastOffset()) + 1 >= (missing.get(batch.partition) ?? 0)) missing.delete(batch.partition);
          if (missing.size === 0) resolve();
          return Promise.resolve();
        },
      });
    });
    await consumer.disconnect();
  }

  async close(): Promise<void> {
    await this.#admin.disconnect();
  }
}

function message(index: number, keys: number): Message {
  const key = index % keys;
  return { key: accountOf(key), value: JSON.stringify(saleFields(key, Math.floor(index / keys))) };
}
