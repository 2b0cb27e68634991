import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { IsString } from 'class-validator';
import { contractOf, create, Event, HandleEvent, UnrecoverableError } from '../index.js';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { deadLettersOf } from '../testing/dead-letters.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';

const shop = uniqueService('prices');

@Event(`${shop}.price-changed.v1`, { key: 'sku', example: { sku: 'tea' }, partitions: 2 })
class PriceChanged {
  @IsString() sku!: string;
}

/** Handled by one replica. */
@Event(`${shop}.price-noted.v1`, { key: 'sku', example: { sku: 'tea' }, partitions: 1 })
class PriceNoted {
  @IsString() sku!: string;
}

@Controller()
class NotePrices {
  @HandleEvent(PriceNoted)
  handle(@Payload() _: PriceNoted): void {}
}

const { topic } = contractOf(PriceChanged);

/** One replica: what it heard, and a door that its handler waits at. */
class Replica {
  readonly heard: string[] = [];
  #open: () => void = () => undefined;
  #door: Promise<void> = Promise.resolve();
  service!: ServiceUnderTest;

  async start(): Promise<this> {
    this.service = await startService({
      service: shop,
      contracts: [PriceChanged, PriceNoted],
      controllers: [this.#controller(), NotePrices],
      settings: { drainMs: 50 },
    });
    return this;
  }

  shut(): void {
    this.#door = new Promise((resolve) => (this.#open = resolve));
  }

  open(): void {
    this.#open();
  }

  async hears(...skus: string[]): Promise<void> {
    await eventually(`hears ${skus.join(' ')}`, () => skus.every((sku) => this.heard.includes(sku)));
  }

  #controller() {
    const hear = async (sku: string): Promise<void> => {
      this.heard.push(sku);
      await this.#door;
      if (sku === 'bad') throw new UnrecoverableError('no such sku');
    };
    @Controller()
    class LoadPrices {
      @HandleEvent(PriceChanged, { delivery: 'every-replica' })
      async handle(@Payload() { sku }: PriceChanged): Promise<void> {
        await hear(sku);
      }
    }
    return LoadPrices;
  }
}

let broker: BrokerUnderTest;
let one: Replica;
let two: Replica;

const send = (partition: number, ...skus: string[]) =>
  broker.send(topic, ...skus.map((sku) => ({ partition, key: sku, value: JSON.stringify({ sku }) })));

const groups = () => broker.groups(`${shop}.replica.`);

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
  await broker.createTopic(topic, 2);
});

beforeEach(async () => {
  await send(0, 'before the start');
  [one, two] = await Promise.all([new Replica().start(), new Replica().start()]);
});

afterEach(async () => {
  one.open();
  two.open();
  await Promise.all([one.service.stop(), two.service.stop()]);
});

afterAll(() => broker.close());

describe('an event for every replica', () => {
  it('reaches each of them once, from its start on and in order', async () => {
    await one.service.events.publish(create(PriceChanged, { sku: 'first' }));
    await send(1, 'a', 'b', 'c');
    await Promise.all([one.hears('first', 'c'), two.hears('first', 'c')]);

    for (const { heard } of [one, two]) {
      expect(heard.filter((sku) => sku !== 'first')).toEqual(['a', 'b', 'c']);
      expect(heard.filter((sku) => sku === 'first')).toHaveLength(1);
    }
  });

  it('is committed by none, and their groups are gone when they stop', async () => {
    await send(0, 'sentinel');
    await Promise.all([one.hears('sentinel'), two.hears('sentinel')]);
    const [first, second] = await groups();

    expect(first).toMatch(/\.replica\.[0-9a-f]{12}$/);
    // What one replica handles is committed: had the others committed, they would have done so before.
    await one.service.events.publish(create(PriceNoted, { sku: 'sentinel' }));
    await eventually('a commit', async () => (await broker.lag(shop, contractOf(PriceNoted).topic)) === 0);
    for (const group of [first, second]) expect(await broker.committed(group ?? '', topic)).toEqual([-1, -1]);
    await Promise.all([one.service.stop(), two.service.stop()]);
    expect(await groups()).toEqual([]);
  });

  it('is heard once although its replica was thrown out of its group with some waiting', async () => {
    one.shut();
    await send(0, 'a', 'b', 'c');
    await one.hears('a');
    for (const group of await groups()) await broker.evict(group);
    await send(0, 'd');
    expect(one.heard).toEqual(['a']);
    one.open();

    await Promise.all([one.hears('d'), two.hears('d')]);
    for (const { heard } of [one, two]) expect(heard).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is heard on a partition that was added since the start, from its beginning', async () => {
    await broker.growTopic(topic, 3);
    await send(2, 'on the new one');
    for (const group of await groups()) await broker.evict(group); // a rejoin, instead of 10 s until the next look

    await Promise.all([one.hears('on the new one'), two.hears('on the new one')]);
  });

  it('becomes a dead letter of each replica that can not handle it, and holds up nothing', async () => {
    await send(0, 'bad', 'after');
    await Promise.all([one.hears('after'), two.hears('after')]);

    const letters = await eventually('two letters', async () => {
      const found = await deadLettersOf(broker, shop);
      return found.length >= 2 && found;
    });
    expect(letters.map(({ message }) => message)).toEqual(['no such sku', 'no such sku']);
    expect(new Set(letters.map(({ group }) => group))).toEqual(new Set(await groups()));
  });
});
