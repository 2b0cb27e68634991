import { randomUUID } from 'node:crypto';
import { type Admin, type ITopicMetadata, type KafkaConfig, Kafka, logLevel } from 'kafkajs';
import { firstLine, InfraError } from '../../infra-error.js';
import { answers } from '../../machine/ports.js';
import type { OwnedProcess } from '../../machine/owned-process.js';
import { until, within } from '../../machine/until.js';
import type { KafkaSettings } from '../../settings.js';

const PROBE = 'infra.ready.';

export function kafkaConfig({ brokers, ssl, sasl }: KafkaSettings): KafkaConfig {
  return {
    clientId: 'infra',
    brokers: [...brokers],
    ssl,
    ...(sasl ? { sasl: sasl as NonNullable<KafkaConfig['sasl']> } : {}),
    // A broker that has just started answers "coordinator is loading": it is asked again, and nothing is printed.
    logLevel: logLevel.NOTHING,
    connectionTimeout: 3_000,
    retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 300 },
  };
}

/**
 * Ready is more than an open port: the group coordinator and the transaction coordinator answer. A throw-away group and
 * a throw-away transaction make them (and with them both internal topics); nothing of it stays.
 */
export async function kafkaIsReady(
  brokers: string[],
  withinMs: number,
  { process, sasl }: { process?: OwnedProcess; sasl?: KafkaSettings['sasl'] } = {},
): Promise<void> {
  const kafka = new Kafka(kafkaConfig({ brokers, ssl: false, ...(sasl && { sasl }) }));
  const deadline = Date.now() + withinMs;
  const left = (): number => Math.max(1, deadline - Date.now());
  const accepted = (): Promise<unknown> => Promise.all(brokers.map(accepts));
  await until(`Kafka at ${brokers.join(', ')}`, left(), accepted, process);
  const admin = kafka.admin();
  await until('Kafka', left(), () => admin.connect(), process);
  const name = `${PROBE}${randomUUID()}`;
  try {
    await until('Kafka', left(), () => makeTopic(admin, name), process);
    await until('The transaction coordinator', left(), () => sendOnce(kafka, name), process);
    await until('The group coordinator', left(), () => joinOnce(kafka, name), process);
    await removeProbes(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Resolves when a node of a cluster has caught up with every partition that it is to hold a copy of. */
export async function isInSync(broker: string, id: number, withinMs: number, process: OwnedProcess): Promise<void> {
  await until(`Broker ${id}`, withinMs, () => hasAll(broker, id), process);
}

/** None where a partition has no leader: all who have its data are away, and there is nothing to catch up with. */
async function topicsWithLeaders(admin: Admin): Promise<ITopicMetadata[]> {
  try {
    return (await admin.fetchTopicMetadata()).topics;
  } catch (error) {
    const { type, cause } = error as { type?: string; cause?: { type?: string } };
    if ((cause?.type ?? type) === 'LEADER_NOT_AVAILABLE') return [];
    throw error;
  }
}

async function hasAll(broker: string, id: number): Promise<void> {
  // It is asked itself: to the others one that was just killed is in sync until its session is over. Those may be frozen.
  const admin = new Kafka({ ...kafkaConfig({ brokers: [broker], ssl: false }), requestTimeout: 3_000 }).admin();
  try {
    await admin.connect();
    const cluster = await admin.describeCluster();
    if (!cluster.brokers.some(({ nodeId }) => nodeId === id)) throw new InfraError(`broker ${id} is not there yet`);
    const topics = await topicsWithLeaders(admin);
    const behind = topics.filter(({ partitions }) =>
      partitions.some(({ replicas, isr }) => replicas.includes(id) && !isr.includes(id)),
    );
    if (behind.length > 0) throw new InfraError(`broker ${id} is behind with ${behind.length} topics`);
  } finally {
    await admin.disconnect();
  }
}

/** What a start that was killed left is removed with the rest. */
async function removeProbes(admin: Admin): Promise<void> {
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(PROBE));
  await admin.deleteTopics({ topics });
  const groups = (await admin.listGroups()).groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(PROBE));
  // One that still has a member, which was killed, is gone at the broker's next check after its session.
  await admin.deleteGroups(groups).catch(() => undefined);
}

/** Somebody else's brokers: that they answer is all that is asked, nothing is made there. */
export async function externalKafkaAnswers(settings: KafkaSettings): Promise<void> {
  const admin = new Kafka(kafkaConfig(settings)).admin();
  const brokers = settings.brokers.join(', ');
  const ask = admin.connect().then(() => admin.describeCluster());
  try {
    await within(`Kafka at ${brokers} (KAFKA_BROKERS)`, 9_000, ask);
  } catch (error) {
    const hint =
      'check KAFKA_BROKERS and the KAFKA_SASL_ and KAFKA_SSL variables, or unset them all to start a broker here';
    throw new InfraError(`No Kafka answers at ${brokers} (KAFKA_BROKERS): ${firstLine(error)}; ${hint}.`);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function accepts(broker: string): Promise<void> {
  const [host = '', port] = broker.split(':');
  if (!(await answers(host, Number(port)))) throw new Error('the port is closed');
}

async function makeTopic(admin: Admin, topic: string): Promise<void> {
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] });
}

async function sendOnce(kafka: Kafka, topic: string): Promise<void> {
  const producer = kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
  try {
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: '' }] });
    await transaction.commit();
  } finally {
    await producer.disconnect();
  }
}

async function joinOnce(kafka: Kafka, topic: string): Promise<void> {
  const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 50 });
  const joined = new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.GROUP_JOIN, () => resolve());
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  });
  joined.catch(() => undefined);
  try {
    await consumer.connect();
    await consumer.subscribe({ topic });
    await consumer.run({ eachMessage: () => Promise.resolve() });
    await within('Joining a group', 10_000, joined);
  } finally {
    await consumer.disconnect();
  }
}
