import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { IsInt, IsString } from 'class-validator';
import { BrokerAdmin, KafkaConnection, ProducerSession, withDefaults } from '../client/index.js';
import { contractOf, create, Event } from '../index.js';
import { BrokerUnderTest, type SeenRecord } from '../testing/broker-under-test.js';
import { brokers } from '../testing/brokers.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';
import { Coalescer } from './coalescer.js';
import { RecordSender } from './record-sender.js';
import { TopicDirectory } from './topic-directory.js';

const shop = uniqueService('changes');

@Event(`${shop}.thing-done.v1`, { key: 'thing', example: { thing: 'a', count: 1 }, partitions: 2 })
class ThingDone {
  @IsString() thing!: string;
  @IsInt() count!: number;
}

@Event(`${shop}.thing-lost.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 1 })
class ThingLost {
  @IsString() thing!: string;
}

@Event(`${shop}.thing-new.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 1 })
class ThingNew {
  @IsString() thing!: string;
}

let broker: BrokerUnderTest;

beforeAll(async () => {
  Logger.overrideLogger(false);
  broker = await new BrokerUnderTest().connect();
});

afterAll(() => broker.close());

const valueOf = ({ value }: SeenRecord): string => String(value);

describe('a topic that grows while records are sent to it', () => {
  it('gets every record that is acknowledged, on the partition that was said', async () => {
    const topic = `${shop}.grows`;
    await broker.createTopic(topic, 2);
    const connection = new KafkaConnection(shop, withDefaults({ brokers: brokers() }), 'random');
    const admin = new BrokerAdmin(connection);
    let resent = 0;
    const coalescer = new Coalescer(() => ProducerSession.connect(connection), {
      resent: (records) => (resent += records),
    });
    // What is known of a topic is 30 s old at most; the producer's own knowledge stays older than this.
    const sender = new RecordSender(new TopicDirectory(admin, 100), coalescer);
    const sent: Promise<[value: string, partition: number]>[] = [];
    let largest = 0;
    const load = setInterval(() => {
      for (let index = 0; index < 20; index++) {
        const value = `${sent.length}`;
        const call = sender.send({ topic, key: Buffer.from(`key-${index}`), value: Buffer.from(value), headers: {} });
        call.then((partition) => (largest = Math.max(largest, partition))).catch(() => undefined);
        sent.push(call.then((partition) => [value, partition]));
      }
    }, 10);

    try {
      await eventually('the first', () => largest > 0);
      await broker.growTopic(topic, 8);
      await eventually('new partitions in use', () => largest > 5);
    } finally {
      clearInterval(load);
    }
    const acknowledged = await Promise.all(sent);

    const records = await broker.read(topic);
    expect(records).toHaveLength(acknowledged.length);
    expect(new Map(records.map((record) => [valueOf(record), record.partition]))).toEqual(new Map(acknowledged));
    // kafkajs sends nothing to a partition that it does not know: no copy can come of another try.
    expect(resent).toBe(0);
    await sender.close();
    await admin.close();
  });
});

describe('a topic that is deleted after its first use', () => {
  let service: ServiceUnderTest;

  const publish = (count: number) => service.events.publish(create(ThingDone, { thing: 'the same', count }));
  const lost = () => service.events.publish(create(ThingLost, { thing: 'a' }));
  const counts = async () =>
    (await broker.read(contractOf(ThingDone).topic))
      .sort((a, b) => Number(a.offset) - Number(b.offset))
      .map((record) => (JSON.parse(valueOf(record)) as ThingDone).count);

  beforeAll(async () => {
    service = await startService({ service: shop, contracts: [ThingDone, ThingLost, ThingNew] });
    await Promise.all([publish(0), lost()]);
    await broker.deleteTopic(contractOf(ThingLost).topic);
  });

  afterAll(() => service.stop());

  it('holds up no other, whose metadata kafkajs asks for together with its own', async () => {
    // A topic that is new to a producer makes it ask for all that it knows.
    await service.events.publish(create(ThingNew, { thing: 'a' }));
    await publish(1);

    expect(await counts()).toEqual([0, 1]);
  });

  it('fails alone, and its neighbours of the same turn go through in order', async () => {
    const [before, refused, after] = await Promise.allSettled([publish(2), lost(), publish(3)]);

    expect([before.status, after.status]).toEqual(['fulfilled', 'fulfilled']);
    expect(refused).toMatchObject({
      reason: { reason: 'REFUSED', message: expect.stringContaining(contractOf(ThingLost).topic) },
    });
    const seen = await counts();
    expect([...new Set(seen)]).toEqual([0, 1, 2, 3]);
  });

  it('is refused at once from then on, and published to again when it is back', async () => {
    await expect(lost()).rejects.toMatchObject({ reason: 'UNKNOWN_TOPIC' });

    await broker.createTopic(contractOf(ThingLost).topic, 1);
    await eventually('published again', () => lost().catch(() => undefined));

    expect(await broker.read(contractOf(ThingLost).topic)).toHaveLength(1);
  });
});
