import { kafkaLogin } from '@fieldguide/infra';
import { readEveryCodec } from '@fieldguide/poison';
import kafkajs, { type Admin, type Consumer, type KafkaConfig, type KafkaMessage } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { OracleError } from '../oracle-error.js';

/** Nothing more comes of a topic for so long: what is left of it can not be read. */
const SILENCE_MS = 30_000;
const POLL_MS = 50;

/** A record with the place at which it lies. */
export interface FoundRecord {
  readonly topic: string;
  readonly partition: number;
  readonly message: KafkaMessage;
}

/** How a group stands. `Dead`: there is none of this name. */
export interface Group {
  readonly state: string;
  /** Topics of which its members have partitions. */
  readonly topics: ReadonlySet<string>;
}

/** The shop's Kafka from outside. */
export class Broker {
  private constructor(
    private readonly kafka: kafkajs.Kafka,
    private readonly admin: Admin,
  ) {}

  /** As the user who may do everything, where the broker asks who one is. */
  static async open(brokers: string): Promise<Broker> {
    readEveryCodec();
    const sasl = kafkaLogin();
    const kafka = new kafkajs.Kafka({
      clientId: 'oracle',
      brokers: brokers.split(','),
      ...(sasl && { sasl: sasl as NonNullable<KafkaConfig['sasl']> }),
      logLevel: kafkajs.logLevel.NOTHING,
    });
    const admin = kafka.admin();
    await admin.connect().catch((cause: unknown) => {
      throw new OracleError(`Kafka does not answer at ${brokers}: is it up?`, { cause });
    });
    return new Broker(kafka, admin);
  }

  topics(): Promise<string[]> {
    return this.admin.listTopics();
  }

  async group(groupId: string): Promise<Group> {
    const { groups } = await this.admin.describeGroups([groupId]);
    const { state = 'Dead', members = [] } = groups[0] ?? {};
    const assigned = members.map(({ memberAssignment }) =>
      kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment),
    );
    return { state, topics: new Set(assigned.flatMap((its) => Object.keys(its?.assignment ?? {}))) };
  }

  /** Topics of which a group has committed something. */
  async committedTopics(groupId: string): Promise<string[]> {
    const offsets = await this.admin.fetchOffsets({ groupId });
    return offsets.map(({ topic }) => topic);
  }

  /** How many records of a topic a group has before it. */
  async lag(groupId: string, topic: string): Promise<number> {
    const ends = await this.admin.fetchTopicOffsets(topic);
    const [offsets] = await this.admin.fetchOffsets({ groupId, topics: [topic] });
    const committed = new Map(offsets?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
    return ends.reduce((sum, { partition, low, high }) => {
      return sum + Number(high) - Math.max(committed.get(partition) ?? 0, Number(low));
    }, 0);
  }

  /**
   * Hands over all that is in these topics at this moment, and keeps none of it; in a group that is deleted afterwards.
   * Returns the partitions whose oldest records are gone, each as `topic/partition`.
   */
  async read(topics: readonly string[], take: (record: FoundRecord) => void): Promise<string[]> {
    const missing = new Map<string, bigint>();
    const cut: string[] = [];
    for (const topic of topics)
      for (const { partition, low, high } of await this.admin.fetchTopicOffsets(topic)) {
        if (low !== high) missing.set(`${topic}/${partition}`, BigInt(high));
        if (low !== '0') cut.push(`${topic}/${partition}`);
      }
    if (missing.size > 0) await this.readAll(topics, missing, take);
    return cut;
  }

  private async readAll(
    topics: readonly string[],
    missing: Map<string, bigint>,
    take: (record: FoundRecord) => void,
  ): Promise<void> {
    const groupId = `oracle-${Math.random().toString(36).slice(2)}`;
    const consumer = this.kafka.consumer({ groupId, maxWaitTimeInMs: 50 });
    await consumer.connect();
    try {
      await untilRead(consumer, topics, missing, take);
    } finally {
      await consumer.disconnect();
      await this.admin.deleteGroups([groupId]).catch(() => undefined); // gone with its last member
    }
  }

  async close(): Promise<void> {
    await this.admin.disconnect();
  }
}

async function untilRead(
  consumer: Consumer,
  topics: readonly string[],
  missing: Map<string, bigint>,
  take: (record: FoundRecord) => void,
): Promise<void> {
  let heardAt = Date.now();
  // Not within eachBatch: kafkajs hands over no batch in which there are control records only.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { topic, partition, lastOffset } }) => {
    heardAt = Date.now();
    const lane = `${topic}/${partition}`;
    if (BigInt(lastOffset) + 1n >= (missing.get(lane) ?? 0n)) missing.delete(lane);
  });
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: ({ batch: { topic, partition, messages } }) => {
      for (const message of messages) take({ topic, partition, message });
      return Promise.resolve();
    },
  });
  while (missing.size > 0) {
    if (Date.now() - heardAt > SILENCE_MS)
      throw new OracleError(`Nothing more came of ${[...missing.keys()].join(', ')} for ${SILENCE_MS / 1_000} s.`);
    await sleep(POLL_MS);
  }
}
