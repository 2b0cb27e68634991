import kafkajs, { type Admin, type Consumer, type Kafka, type Message, type Producer } from 'kafkajs';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** What stands in a topic, as text; of the headers their names. */
export interface StockRecord {
  readonly partition: number;
  readonly key: string | null;
  readonly value: string;
  readonly headers: readonly string[];
}

/** The broker that the runner found or started, seen from outside. */
export class StockBroker {
  readonly kafka: Kafka;
  readonly admin: Admin;
  #producer: Promise<Producer> | undefined;

  private constructor(readonly brokers: string[]) {
    this.kafka = new kafkajs.Kafka({ clientId: 'outside', brokers, logLevel: kafkajs.logLevel.NOTHING });
    this.admin = this.kafka.admin();
  }

  /** @param address default: the broker that all claims share */
  static async connect(address = process.env['KAFKA_BROKERS']): Promise<StockBroker> {
    if (!address) throw new Error('KAFKA_BROKERS is not set: run claims with `npx nx claims`.');
    const broker = new StockBroker(address.split(','));
    await broker.admin.connect();
    return broker;
  }

  async createTopic(topic: string, numPartitions = 1, config: Record<string, string> = {}): Promise<void> {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    await this.admin.createTopics({ topics: [{ topic, numPartitions, configEntries }], waitForLeaders: false });
    await this.hasPartitions(topic, numPartitions);
  }

  async growTopic(topic: string, count: number): Promise<void> {
    await this.admin.createPartitions({ topicPartitions: [{ topic, count }] });
    await this.hasPartitions(topic, count);
    // A producer that knows the topic as it was resolves for a new partition without writing anything.
    await (await this.#producer)?.disconnect();
    this.#producer = undefined;
  }

  /** Writes as any other service might; which producer did it is no part of a claim that uses this. */
  async send(topic: string, ...messages: Message[]): Promise<void> {
    this.#producer ??= this.#connectProducer();
    await (await this.#producer).send({ topic, messages });
  }

  async #connectProducer(): Promise<Producer> {
    const producer = this.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    return producer;
  }

  /** The values of everything that is in a topic at this moment, as text, in the order of each partition. */
  async values(topic: string): Promise<string[]> {
    return (await this.records(topic)).map(({ value }) => value);
  }

  /** Everything that is in a topic at this moment, in the order of each partition. */
  async records(topic: string): Promise<StockRecord[]> {
    const ends = await this.admin.fetchTopicOffsets(topic);
    let missing = ends.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
    const records: StockRecord[] = [];
    const groupId = unique(`outside-${topic}`);
    const consumer: Consumer = this.kafka.consumer({ groupId, maxWaitTimeInMs: 50 });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: ({ partition, message: { key, value, headers = {} } }) => {
        records.push({ partition, key: key?.toString() ?? null, value: String(value), headers: Object.keys(headers) });
        missing--;
        return Promise.resolve();
      },
    });
    // Below 0: more was written meanwhile.
    await eventually(`all of ${topic}`, () => missing <= 0);
    await consumer.disconnect();
    await this.admin.deleteGroups([groupId]).catch(() => undefined); // gone with its last member
    return records;
  }

  /** What a group has committed for a partition: -1 is nothing. */
  async committed(groupId: string, topic: string, partition = 0): Promise<number> {
    const [offsets] = await this.admin.fetchOffsets({ groupId, topics: [topic] });
    return Number(offsets?.partitions.find((one) => one.partition === partition)?.offset ?? -1);
  }

  /** -1: they are joining. A group that has neither members nor offsets is soon deleted, which is called dead. */
  async members(groupId: string): Promise<number> {
    const { groups } = await this.admin.describeGroups([groupId]);
    const { state = '', members = [] } = groups[0] ?? {};
    return ['Stable', 'Empty', 'Dead'].includes(state) ? members.length : -1;
  }

  /** Which partitions of which topics each member of a group has, once they are handed out. */
  async assigned(groupId: string): Promise<Record<string, number[]>[]> {
    const { groups } = await this.admin.describeGroups([groupId]);
    const decode = ({ memberAssignment }: { memberAssignment: Buffer }) =>
      kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {};
    return (groups[0]?.members ?? []).map(decode);
  }

  private hasPartitions(topic: string, count: number): Promise<void> {
    return eventually(`${count} partitions of ${topic}`, async () => {
      try {
        return (await this.admin.fetchTopicOffsets(topic)).length === count;
      } catch {
        return false; // its leaders are being made
      }
    });
  }

  async groups(): Promise<string[]> {
    const { groups } = await this.admin.listGroups();
    return groups.map(({ groupId }) => groupId);
  }

  async close(): Promise<void> {
    await (await this.#producer)?.disconnect();
    await this.admin.disconnect();
  }
}

/** Topics and groups of one spec, so that specs run side by side. */
export const unique = (name: string): string => `${name}-${randomBytes(4).toString('hex')}`;

/** Asks until the answer is yes. Throws after the deadline, with what was asked for. */
export async function eventually(
  what: string,
  ask: () => boolean | Promise<boolean>,
  deadlineMs = 90_000,
): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!(await ask())) {
    if (Date.now() > deadline) throw new Error(`Not within ${deadlineMs} ms: ${what}`);
    await sleep(25);
  }
}
