import kafkajs, { type Kafka, type Message, type Producer } from 'kafkajs';
import { randomUUID } from 'node:crypto';
import { TYPES, withEncoders } from './encoders.js';
import type { Step } from './step.js';
import type { Way } from './way.js';

/** Of the values, keys and headers in one batch: the broker's limit is 1 MB. */
const BATCH_BYTES = 500_000;

/** Writes poison with kafkajs alone: nothing on its way refuses or mends it. */
export class PoisonSender {
  private readonly producer: Producer;
  private readonly transactions: Producer;

  constructor(kafka: Kafka) {
    const createPartitioner = kafkajs.Partitioners.DefaultPartitioner;
    this.producer = kafka.producer({ createPartitioner });
    const transactionalId = `poison-${randomUUID()}`;
    this.transactions = kafka.producer({
      createPartitioner,
      transactionalId,
      idempotent: true,
      maxInFlightRequests: 1,
    });
  }

  async connect(): Promise<this> {
    await Promise.all([this.producer.connect(), this.transactions.connect()]);
    return this;
  }

  async close(): Promise<void> {
    await Promise.all([this.producer.disconnect(), this.transactions.disconnect()]);
  }

  /** In this order, to one partition. Resolves when the broker has all of it; until then, send nothing else. */
  async send(topic: string, partition: number, steps: readonly Step[]): Promise<void> {
    await withEncoders(async () => {
      for (const { way, messages } of batchesOf(steps))
        await this.#write(
          way,
          topic,
          messages.map((message) => ({ ...message, partition })),
        );
    });
  }

  async #write(way: Way, topic: string, messages: Message[]): Promise<void> {
    if (way === 'plain') await this.producer.send({ topic, messages });
    else if (way === 'aborted' || way === 'committed') await this.#inTransaction(way, topic, messages);
    else await this.producer.send({ topic, messages, compression: TYPES[way] });
  }

  async #inTransaction(way: 'aborted' | 'committed', topic: string, messages: Message[]): Promise<void> {
    const transaction = await this.transactions.transaction();
    await transaction.send({ topic, messages });
    await (way === 'aborted' ? transaction.abort() : transaction.commit());
  }
}

/** Neighbours that are written in the plain way go together, up to a size. */
function batchesOf(steps: readonly Step[]): { way: Way; messages: Message[] }[] {
  const batches: { way: Way; messages: Message[]; bytes: number }[] = [];
  for (const { way, messages } of steps) {
    const bytes = messages.reduce((sum, message) => sum + bytesOf(message), 0);
    const last = batches.at(-1);
    if (last && way === 'plain' && last.way === 'plain' && last.bytes + bytes <= BATCH_BYTES) {
      last.messages.push(...messages);
      last.bytes += bytes;
    } else batches.push({ way, messages: [...messages], bytes });
  }
  return batches;
}

const bytesOf = ({ key, value, headers = {} }: Message): number =>
  [key, value, ...Object.values(headers).flat()].reduce((sum, part) => sum + (part?.length ?? 0), 0);
