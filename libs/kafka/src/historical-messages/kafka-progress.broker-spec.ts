import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { HandleEvent } from '../handling/handle-event.js';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { eventually } from '../testing/eventually.js';
import { startService, type ServiceUnderTest, uniqueService } from '../testing/service-under-test.js';
import { KafkaProgress } from './kafka-progress.js';
import { Event } from '../contract/index.js';
import { IsString } from 'class-validator';

/** Handles a record as soon as it is allowed to. */
class Gate {
  readonly handled: string[] = [];
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #allowed = new Set<string>();

  async pass(index: string): Promise<void> {
    if (!this.#allowed.has(index)) {
      await new Promise<void>((resolve) => {
        this.#waiting.set(index, [...(this.#waiting.get(index) ?? []), resolve]);
      });
    }
    this.handled.push(index);
  }

  allow(...indexes: number[]): void {
    for (const index of indexes.map(String)) {
      this.#allowed.add(index);
      for (const go of this.#waiting.get(index) ?? []) go();
      this.#waiting.delete(index);
    }
  }
}

function hearing(owner: string) {
  const gate = new Gate();
  @Event(`${owner}.counted.v1`, { key: 'index', partitions: 2, example: { index: '1' } })
  class Counted {
    @IsString() index!: string;
  }
  @Controller()
  class Counts {
    @HandleEvent(Counted)
    async handle(@Payload() { index }: Counted): Promise<void> {
      await gate.pass(index);
    }
  }
  return { gate, topic: `${owner}.counted.v1`, contracts: [Counted], controllers: [Counts] };
}

const record = (index: number, partition: number) => ({
  partition,
  key: `${index}`,
  value: JSON.stringify({ index: String(index) }),
});
const progressOf = ({ app }: ServiceUnderTest) => app.get(KafkaProgress);

describe('a service that joins late', () => {
  const broker = new BrokerUnderTest();
  beforeAll(async () => {
    await broker.connect();
  });
  afterAll(() => broker.close());

  it('has caught up when its group has handled what was there at its start, whatever comes meanwhile', async () => {
    const owner = uniqueService('past');
    const { gate, topic, contracts, controllers } = hearing(owner);
    await broker.createTopic(topic, 2);
    await broker.send(topic, record(1, 0), record(2, 0), record(3, 1));
    const service = await startService({ service: owner, contracts, controllers, settings: { commitMs: 50 } });
    const progress = progressOf(service);

    try {
      expect(progress.report()).toEqual({ caughtUp: false, left: 3, total: 3 });
      await broker.send(topic, record(4, 0), record(5, 1));
      gate.allow(1, 3);
      await eventually('two are handled', () => progress.report().left === 1);
      expect(progress.report().caughtUp).toBe(false);

      gate.allow(2);
      await progress.caughtUp();

      expect(progress.report()).toMatchObject({ caughtUp: true, left: 0, total: 3 });
      expect(await service.metrics.registry.metrics()).toContain(`kafka_backlog_records{group="${owner}"} 0`);
    } finally {
      gate.allow(1, 2, 3, 4, 5);
      await service.stop();
    }
  });

  it('has caught up for all its replicas at once, wherever the partitions went', async () => {
    const owner = uniqueService('replicas');
    const { gate, topic, contracts, controllers } = hearing(owner);
    await broker.createTopic(topic, 2);
    await broker.send(topic, record(1, 0), record(2, 1));
    const options = { service: owner, contracts, controllers, settings: { commitMs: 50 } };
    const one = await startService(options);
    const other = await startService(options);

    try {
      // Each has one of the partitions now, and nothing of the other.
      expect([progressOf(one).report().caughtUp, progressOf(other).report().caughtUp]).toEqual([false, false]);
      gate.allow(1);
      await eventually('each of them has seen it', () =>
        [one, other].every((replica) => progressOf(replica).report().left === 1),
      );

      gate.allow(2);
      await Promise.all([progressOf(one).caughtUp(), progressOf(other).caughtUp()]);
    } finally {
      gate.allow(1, 2, 3, 4, 5);
      await Promise.all([one.stop(), other.stop()]);
    }
  });

  it('has caught up at once where there is nothing to read', async () => {
    const owner = uniqueService('nothing');
    const { topic, contracts, controllers } = hearing(owner);
    await broker.createTopic(topic, 2);
    await broker.send(topic, record(1, 0));
    await broker.deleteRecords(topic, 0, 1);
    const service = await startService({ service: owner, contracts, controllers });

    expect(progressOf(service).report()).toMatchObject({ caughtUp: true, total: 0 });
    await service.stop();
  });

  it('does not wait for the marks that end a transaction', async () => {
    const owner = uniqueService('marks');
    const { gate, topic, contracts, controllers } = hearing(owner);
    await broker.createTopic(topic, 2);
    const producer = broker.kafka.producer({ transactionalId: owner, maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    for (const [index, end] of [
      [1, 'commit'],
      [2, 'abort'],
    ] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [record(index, 0)] });
      await transaction[end]();
    }
    await producer.disconnect();
    gate.allow(1, 2, 3, 4, 5);
    const service = await startService({ service: owner, contracts, controllers, settings: { commitMs: 50 } });

    await progressOf(service).caughtUp();

    // Two records and two marks.
    expect(progressOf(service).report()).toMatchObject({ left: 0, total: 4 });
    expect(gate.handled).toEqual(['1']);
    await service.stop();
  });
});
