import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Kafka, KafkaConfig } from 'kafkajs';
import { connect, type Socket } from 'node:net';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { brokers } from '../testing/brokers.js';
import { eventually } from '../testing/eventually.js';
import { uniqueService } from '../testing/service-under-test.js';
import { KafkaConnection } from './connection.js';
import { GroupConsumer } from './group-consumer.js';
import type { Position } from './record.js';
import { withDefaults } from './settings.js';

const OFFSET_COMMIT = 8;
const COORDINATOR_LOAD_IN_PROGRESS = 14;

/** Its commits are answered as by a coordinator that loads, as long as the spec says so. */
class Connection extends KafkaConnection {
  loads = false;
  refused = 0;

  override kafka(overrides: Partial<KafkaConfig> = {}): Kafka {
    return super.kafka({
      ...overrides,
      socketFactory: ({ host, port, onConnect }) => this.#watch(connect({ host, port }, onConnect)),
    });
  }

  #watch(socket: Socket): Socket {
    const write = socket.write.bind(socket);
    socket.write = (bytes: Buffer, ...rest: unknown[]): boolean => {
      const isCommit = bytes.readInt16BE(4) === OFFSET_COMMIT;
      if (!this.loads || !isCommit) return (write as (...args: unknown[]) => boolean)(bytes, ...rest);
      this.refused++;
      setImmediate(() => socket.emit('data', loading(bytes)));
      return true;
    };
    return socket;
  }
}

/** OffsetCommit response v3 to v7: throttle time, then one partition of one topic. */
function loading(request: Buffer): Buffer {
  const answer = Buffer.alloc(29);
  answer.writeInt32BE(answer.length - 4, 0);
  request.copy(answer, 4, 8, 12); // correlation id
  answer.writeInt32BE(1, 12);
  answer.write('\0\x01t', 16, 'latin1');
  answer.writeInt32BE(1, 19);
  answer.writeInt16BE(COORDINATOR_LOAD_IN_PROGRESS, 27);
  return answer;
}

const group = uniqueService('commits');
const topic = `${group}.thing-done.v1`;

let broker: BrokerUnderTest;
let consumers: GroupConsumer[] = [];

const at = (partition: number, offset: number): Position => ({ topic, partition, offset: BigInt(offset) });

async function join(connection: KafkaConnection): Promise<GroupConsumer> {
  const consumer = new GroupConsumer(
    connection,
    { groupId: group, topics: [topic], from: 'committed' },
    {
      batch: () => undefined,
      joined: () => undefined,
      rejoining: () => Promise.resolve(),
      polled: () => undefined,
      crashed: () => undefined,
    },
  );
  consumers.push(consumer);
  await consumer.connect();
  await consumer.run();
  return consumer;
}

const settings = withDefaults({ brokers: brokers(), heartbeatMs: 100 });

beforeAll(async () => {
  Logger.overrideLogger(false);
  broker = await new BrokerUnderTest().connect();
  await broker.createTopic(topic, 2);
  // An offset beyond the end would be put right by kafkajs.
  const records = Array.from({ length: 40 }, () => ({ value: '{}' }));
  await broker.send(topic, ...[0, 1].flatMap((partition) => records.map((record) => ({ ...record, partition }))));
});

afterEach(async () => {
  await Promise.all(consumers.map((consumer) => consumer.stop()));
  consumers = [];
});

afterAll(() => broker.close());

describe('a commit that fails while its partition moves', () => {
  it('is not sent again in the name of the next generation: no offset goes back', async () => {
    const connection = new Connection(group, settings, 'one');
    const one = await join(connection);
    connection.loads = true;
    const late = one.commit([at(0, 5), at(1, 5)]).catch((error: Error) => error);
    await eventually('the commit fails', () => connection.refused > 0);

    const other = await join(new KafkaConnection(group, settings, 'other'));
    await eventually('half of it', () => one.assignment.get(topic)?.length === 1);
    const [moved = -1] = other.assignment.get(topic) ?? [];
    expect(await other.commit([at(moved, 9)])).toBe(true);
    connection.loads = false;

    const outcome = String(await late);
    expect((await broker.committed(group, topic))[moved]).toBe(9);
    expect(outcome).toContain('coordinator is loading');
  });

  it('is taken from a member in the generation that it has joined, and from nobody else', async () => {
    const one = await join(new KafkaConnection(group, settings, 'one'));

    expect(await one.commit([at(0, 20), at(1, 21)])).toBe(true);
    await one.stop();
    expect(await one.commit([at(0, 30), at(1, 31)])).toBe(false);

    expect(await broker.committed(group, topic)).toEqual([20, 21]);
  });
});

describe('an offset beyond what a number can hold', () => {
  it('is committed as it is', async () => {
    const offset = 2n ** 53n + 1n;
    const other = `${group}.other`;
    await broker.createTopic(other);
    const one = await join(new KafkaConnection(group, settings, 'one'));

    await one.commit([{ topic: other, partition: 0, offset }]);

    const [stored] = await broker.admin.fetchOffsets({ groupId: group, topics: [other] });
    expect(stored?.partitions[0]?.offset).toBe('9007199254740993');
  });
});
