import kafkajs, {
  type Admin,
  type Cluster,
  type Consumer,
  type Kafka,
  type KafkaMessage,
  type Message,
  type PartitionAssigner,
  type Producer,
} from 'kafkajs';
import { brokers } from './brokers.js';
import { eventually } from './eventually.js';
import { namesInUse } from './service-under-test.js';

/** A record that a foreign consumer read. */
export type SeenRecord = KafkaMessage & { readonly topic: string; readonly partition: number };

/** A foreign client: looks at the broker from outside, and writes what services never would. */
export class BrokerUnderTest {
  readonly kafka: Kafka;
  readonly admin: Admin;
  #producer: Producer | undefined;
  readonly #spies: Consumer[] = [];
  readonly #before: (() => Promise<unknown>)[] = [];

  /** @param addresses default: the broker that all specs share */
  constructor(addresses: readonly string[] = brokers()) {
    this.kafka = new kafkajs.Kafka({
      clientId: 'outside',
      brokers: [...addresses],
      logLevel: kafkajs.logLevel.NOTHING,
    });
    this.admin = this.kafka.admin();
  }

  async connect(): Promise<this> {
    await this.admin.connect();
    return this;
  }

  async createTopic(topic: string, numPartitions = 1, config: Record<string, string> = {}): Promise<void> {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    await this.admin.createTopics({ topics: [{ topic, numPartitions, configEntries }], waitForLeaders: false });
    await eventually(`topic ${topic}`, async () => (await this.ends(topic))?.length === numPartitions);
  }

  /**
   * Where each partition of a topic begins and ends. Undefined where there is none, or while its leader is being made: the
   * metadata of a new topic name a leader a moment before that broker knows of it.
   */
  private async ends(topic: string) {
    try {
      return await this.admin.fetchTopicOffsets(topic);
    } catch (error) {
      const { type } = error as { type?: string };
      if (type === 'NOT_LEADER_FOR_PARTITION' || type === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined;
      throw error;
    }
  }

  async partitions(topic: string): Promise<number> {
    return (await this.knownEnds(topic)).length;
  }

  private knownEnds(topic: string) {
    return eventually(`the leaders of ${topic}`, () => this.ends(topic));
  }

  async growTopic(topic: string, count: number): Promise<void> {
    await this.admin.createPartitions({ topicPartitions: [{ topic, count }] });
    await eventually(`${count} partitions`, async () => (await this.ends(topic))?.length === count);
    // A producer that knows the topic as it was resolves for a new partition without writing anything.
    await this.#producer?.disconnect();
    this.#producer = undefined;
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.admin.deleteTopics({ topics: [topic] });
    await eventually(`no topic ${topic}`, async () => !(await this.admin.listTopics()).includes(topic));
  }

  /** Deletes all records of a partition before an offset, as retention would. */
  async deleteRecords(topic: string, partition: number, before: number): Promise<void> {
    await this.knownEnds(topic); // kafkajs looks for the leader in what it knows already
    await this.admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: `${before}` }] });
  }

  async send(topic: string, ...messages: Message[]): Promise<void> {
    if (!this.#producer) {
      this.#producer = this.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
      await this.#producer.connect();
    }
    await this.#producer.send({ topic, messages });
  }

  /** As many a producer does: the broker's limit is for what travels, so the record may be larger than it. */
  async sendCompressed(topic: string, message: Message): Promise<void> {
    const producer = this.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({ topic, messages: [message], compression: kafkajs.CompressionTypes.GZIP });
    await producer.disconnect();
  }

  /** Everything that is in a topic at this moment, read in a group of its own that is deleted again. */
  async read(topic: string): Promise<SeenRecord[]> {
    const ends = await this.knownEnds(topic);
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
    const ends = await this.knownEnds(topic);
    const committed = await this.committed(groupId, topic);
    return ends.reduce((sum, { partition, low, high }) => {
      const at = committed[partition] ?? -1;
      return sum + Number(high) - (at >= 0 ? at : Number(low));
    }, 0);
  }

  /** Groups whose names begin like this. */
  async groups(prefix: string): Promise<string[]> {
    const { groups } = await this.admin.listGroups();
    return groups.map(({ groupId }) => groupId).filter((groupId) => groupId.startsWith(prefix));
  }

  /** Client ids of a group's members. */
  async members(groupId: string): Promise<string[]> {
    const { groups } = await this.admin.describeGroups([groupId]);
    return (groups[0]?.members ?? []).map(({ clientId }) => clientId).sort();
  }

  /** `topic/partition` of all that each member of a group has, by client id. */
  async assignments(groupId: string): Promise<Record<string, string[]>> {
    const { groups } = await this.admin.describeGroups([groupId]);
    const byMember = (groups[0]?.members ?? []).map(({ clientId, memberAssignment }) => {
      const decoded = kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment);
      const topics = Object.entries<number[]>(decoded?.assignment ?? {});
      return [clientId, topics.flatMap(([topic, numbers]) => numbers.map((n) => `${topic}/${n}`)).sort()] as const;
    });
    return Object.fromEntries(byMember);
  }

  /** Throws all members out of a group, as the coordinator does with those it has not heard of, until they are back. */
  async evict(groupId: string): Promise<void> {
    const before = await this.#memberIds(groupId);
    const coordinator = await this.#coordinatorOf(groupId);
    for (const memberId of before) await coordinator.leaveGroup({ groupId, memberId });
    await eventually(`${groupId} is back`, async () => {
      const { groups } = await this.admin.describeGroups([groupId]);
      const now = groups[0]?.members ?? [];
      const fresh = now.every(({ memberId }) => !before.includes(memberId));
      return groups[0]?.state === 'Stable' && fresh && now.length === before.length;
    });
  }

  /** Which of several brokers answers for a partition now. */
  async leaderOf(topic: string, partition: number): Promise<number> {
    const { topics } = await this.admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.find(({ partitionId }) => partitionId === partition)?.leader ?? -1;
  }

  /** Which of several brokers keeps a group's offsets now. */
  async coordinatorOf(groupId: string): Promise<number> {
    return (await this.#coordinatorOf(groupId)).nodeId;
  }

  async #memberIds(groupId: string): Promise<string[]> {
    const { groups } = await this.admin.describeGroups([groupId]);
    return (groups[0]?.members ?? []).map(({ memberId }) => memberId);
  }

  async #coordinatorOf(groupId: string): Promise<Coordinator> {
    let cluster: Cluster | undefined;
    const spy: PartitionAssigner = (context) => {
      cluster = context.cluster;
      return kafkajs.PartitionAssigners.roundRobin(context);
    };
    const consumer = this.kafka.consumer({ groupId: `${groupId}.spy`, partitionAssigners: [spy] });
    await consumer.connect();
    this.#spies.push(consumer);
    return (await cluster?.findGroupCoordinator({ groupId })) as unknown as Coordinator;
  }

  /** What must be over when this client closes, also where the spec that began it has failed. */
  beforeClose(end: () => Promise<unknown>): void {
    this.#before.push(end);
  }

  /** Removes what the services of this spec have left: a developer's broker is kept between runs. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#before.map((end) => end()));
    const ours = (name: string): boolean =>
      namesInUse.some((service) => name === service || name.startsWith(`${service}.`));
    const topics = (await this.admin.listTopics()).filter(ours);
    if (topics.length > 0) await this.admin.deleteTopics({ topics });
    const { groups } = await this.admin.listGroups();
    await this.admin.deleteGroups(groups.map(({ groupId }) => groupId).filter(ours)).catch(() => undefined);
    await Promise.all(this.#spies.map((spy) => spy.disconnect()));
    await this.#producer?.disconnect();
    await this.admin.disconnect();
  }
}

/** kafkajs knows it, its types don't. */
interface Coordinator {
  readonly nodeId: number;
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>;
}

/** A header as Java writes one without a value; kafkajs has no way to write it. */
export function headerWithoutValue(): Buffer {
  const header = Buffer.alloc(0);
  let asked = 0;
  // The length is written first, and -1 stands for null; it takes as much room as 0 does.
  return Object.defineProperty(header, 'length', { get: () => (asked++ === 0 ? -1 : 0) });
}
