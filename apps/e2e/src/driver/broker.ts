import { readEveryCodec } from '@fieldguide/poison';
import { kafkaLogin } from '@fieldguide/infra';
import kafkajs, { type Admin, type IHeaders, type KafkaConfig, type Message } from 'kafkajs';
import { eventually } from './eventually.js';

export interface SeenRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: IHeaders;
}

type Login = ReturnType<typeof kafkaLogin>;

/** The broker from outside: records, groups, offsets. */
export class Broker {
  readonly kafka;
  readonly admin: Admin;

  private readonly secured: boolean;

  private constructor(brokers: string, sasl: Login) {
    this.secured = sasl !== undefined;
    this.kafka = new kafkajs.Kafka({
      clientId: 'e2e',
      brokers: brokers.split(','),
      ...(sasl && { sasl: sasl as NonNullable<KafkaConfig['sasl']> }),
      logLevel: kafkajs.logLevel.NOTHING,
    });
    this.admin = this.kafka.admin();
  }

  /** As the user who may do everything, where the broker asks who one is. */
  static async connect(brokers: string, login: Login = kafkaLogin()): Promise<Broker> {
    readEveryCodec();
    const broker = new Broker(brokers, login);
    await broker.admin.connect();
    return broker;
  }

  /** Writes what no service would. */
  async send(topic: string, ...messages: Message[]): Promise<void> {
    const producer = this.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    try {
      await producer.send({ topic, messages });
    } finally {
      await producer.disconnect();
    }
  }

  /** Everything that is in a topic at this moment, in a group that is deleted afterwards. */
  async read(topic: string): Promise<SeenRecord[]> {
    const ends = await this.admin.fetchTopicOffsets(topic);
    const missing = new Map(
      ends.filter(({ low, high }) => low !== high).map(({ partition, high }) => [partition, BigInt(high)]),
    );
    const seen: SeenRecord[] = [];
    if (missing.size === 0) return seen;
    const groupId = `e2e-${Math.random().toString(36).slice(2)}`;
    const consumer = this.kafka.consumer({ groupId, maxWaitTimeInMs: 50 });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        for (const { key, value, offset, headers = {} } of batch.messages) {
          const { partition } = batch;
          seen.push({ topic, partition, offset: Number(offset), key: key?.toString() ?? null, value, headers });
        }
        if (BigInt(batch.lastOffset()) + 1n >= (missing.get(batch.partition) ?? 0n)) missing.delete(batch.partition);
        return Promise.resolve();
      },
    });
    try {
      await eventually(`all of ${topic}`, () => missing.size === 0);
    } finally {
      await consumer.disconnect();
      await this.admin.deleteGroups([groupId]).catch(() => undefined); // gone with its last member
    }
    return seen;
  }

  /** Lets a service write to a topic that no topology speaks of; on an open broker it may. Returns what takes that back. */
  async letWrite(service: string, topic: string): Promise<() => Promise<void>> {
    if (!this.secured) return () => Promise.resolve();
    const acl = {
      principal: `User:${service}`,
      host: '*',
      operation: kafkajs.AclOperationTypes.WRITE,
      permissionType: kafkajs.AclPermissionTypes.ALLOW,
      resourceType: kafkajs.AclResourceTypes.TOPIC,
      resourceName: topic,
      resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
    };
    await this.admin.createAcls({ acl: [acl] });
    return async () => void (await this.admin.deleteAcls({ filters: [acl] }));
  }

  async groupIds(): Promise<string[]> {
    const { groups } = await this.admin.listGroups();
    return groups.map(({ groupId }) => groupId).sort();
  }

  /** Client ids of a group's members, each with the partitions of a topic that it has. */
  async members(groupId: string, topic: string): Promise<Map<string, number[]>> {
    const { groups } = await this.admin.describeGroups([groupId]);
    const group = groups[0];
    if (group?.state !== 'Stable') throw new Error(`Group ${groupId} is ${group?.state ?? 'not there'}.`);
    return new Map(
      group.members.map(({ clientId, memberAssignment }) => {
        const decoded = kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment);
        return [clientId, decoded?.assignment[topic] ?? []];
      }),
    );
  }

  /** Client ids of a group's members at this moment, also while it rebalances. */
  async memberNames(groupId: string): Promise<string[]> {
    const { groups } = await this.admin.describeGroups([groupId]);
    return (groups[0]?.members ?? []).map(({ clientId }) => clientId).sort();
  }

  /** How many records of a topic a group has not committed. */
  async lag(groupId: string, topic: string): Promise<number> {
    const ends = await this.admin.fetchTopicOffsets(topic);
    const [offsets] = await this.admin.fetchOffsets({ groupId, topics: [topic] });
    const committed = new Map(offsets?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
    return ends.reduce((sum, { partition, low, high }) => {
      const at = committed.get(partition) ?? -1;
      return sum + Number(high) - (at >= 0 ? at : Number(low));
    }, 0);
  }

  async close(): Promise<void> {
    await this.admin.disconnect();
  }
}

/** A header as text; the last one where it is repeated. */
export function header(record: Pick<SeenRecord, 'headers'>, name: string): string | undefined {
  const value = record.headers[name];
  return (Array.isArray(value) ? value.at(-1) : value)?.toString();
}
