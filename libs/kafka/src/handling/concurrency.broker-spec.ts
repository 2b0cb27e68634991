import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { IsInt, IsString } from 'class-validator';
import {
  contractOf,
  create,
  Event,
  HandleEvent,
  HandleRequest,
  type KafkaSettings,
  repliesWith,
  Request,
} from '../index.js';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';

const SIDE_BY_SIDE = 16;
const KEYS = 40;
const ROUNDS = 5;

const shop = uniqueService('sideways');

@Event(`${shop}.thing-done.v1`, { key: 'thing', example: { thing: 'a', number: 1 }, partitions: 1 })
class ThingDone {
  @IsString() thing!: string;
  @IsInt() number!: number;
}
const { topic } = contractOf(ThingDone);

class Sum {
  @IsInt() sum!: number;
}

@Request(`${shop}.add.v1`, { reply: Sum, example: { one: 1 }, partitions: 1 })
class Add {
  declare readonly [repliesWith]: Sum;
  @IsInt() one!: number;
}

/** Answers when as many are asked as may be answered side by side. */
@Controller()
class AddWhenAllAreThere {
  #open = 0;
  #allThere: () => void = () => undefined;
  readonly #all = new Promise<void>((resolve) => (this.#allThere = resolve));

  @HandleRequest(Add)
  async handle(@Payload() { one }: Add): Promise<Sum> {
    if (++this.#open === SIDE_BY_SIDE) this.#allThere();
    await this.#all;
    return create(Sum, { sum: one + 1 });
  }
}

interface Call {
  readonly event: ThingDone;
  readonly replica: number;
  end(): void;
}

/** Handlers that have begun and not ended, and what has ended, in order. */
let open: Call[];
let ended: Omit<Call, 'end'>[];
let most: number;

const controllerOf = (replica: number) => {
  @Controller()
  class NoteDone {
    @HandleEvent(ThingDone, { concurrency: SIDE_BY_SIDE })
    handle(@Payload() event: ThingDone): Promise<void> {
      return new Promise((resolve) => {
        const call = {
          event,
          replica,
          end: () => {
            open = open.filter((other) => other !== call);
            ended.push({ event, replica });
            resolve();
          },
        };
        open.push(call);
        most = Math.max(most, open.length);
      });
    }
  }
  return NoteDone;
};

const start = (replica: number, settings: Partial<KafkaSettings> = {}): Promise<ServiceUnderTest> =>
  startService({
    service: shop,
    contracts: [ThingDone],
    controllers: [controllerOf(replica)],
    settings: { replica, commitMs: 50, ...settings },
  });

const rounds = (count: number) =>
  Array.from({ length: count * KEYS }, (_, index) => {
    const thing = `key-${index % KEYS}`;
    return { key: thing, value: JSON.stringify({ thing, number: Math.floor(index / KEYS) }) };
  });

const numbersOf = (thing: string): number[] =>
  ended.filter(({ event }) => event.thing === thing).map(({ event }) => event.number);

/** Ends what has begun, the youngest first, until so many have ended. */
async function endUntil(count: number, but: (call: Call) => boolean = () => false): Promise<void> {
  await eventually(`${count} have ended`, () => {
    for (const call of [...open].reverse()) if (!but(call)) call.end();
    return ended.length >= count;
  });
}

let broker: BrokerUnderTest;

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
});

beforeEach(() => {
  open = [];
  ended = [];
  most = 0;
});

afterAll(() => broker.close());

describe('a handler with concurrency', () => {
  it('handles so many keys of a partition side by side, each key in order, each event once', async () => {
    const service = await start(1);
    await broker.send(topic, ...rounds(ROUNDS));

    await eventually('as many as may be run', () => open.length === SIDE_BY_SIDE);
    expect(new Set(open.map(({ event }) => event.thing)).size).toBe(SIDE_BY_SIDE);
    await endUntil(ROUNDS * KEYS);
    await eventually('no lag', async () => (await broker.lag(shop, topic)) === 0);
    await service.stop();

    expect(most).toBe(SIDE_BY_SIDE);
    for (let key = 0; key < KEYS; key++) expect(numbersOf(`key-${key}`)).toEqual([0, 1, 2, 3, 4]);
  });

  it('commits nothing beyond one that still runs, and handles that one again where it never ended', async () => {
    const [before = 0] = await broker.committed(shop, topic);
    const service = await start(1, { drainMs: 100 });
    await broker.send(topic, ...rounds(1));
    const isStuck = ({ event }: Call): boolean => event.thing === 'key-3';

    await endUntil(KEYS - 1, isStuck);
    await eventually('committed up to it', async () => (await broker.committed(shop, topic))[0] === before + 3);
    await service.stop();
    open = [];
    ended = [];
    const again = await start(1);
    await endUntil(KEYS - 3);
    await eventually('no lag', async () => (await broker.lag(shop, topic)) === 0);
    await again.stop();

    expect(ended.map(({ event }) => event.thing)).toContain('key-3');
    expect(await broker.committed(shop, topic)).toEqual([before + KEYS]);
  });

  it('repeats nothing when its group goes through a rebalance with some of them running', async () => {
    const one = await start(1, { drainMs: 100, heartbeatMs: 100 });
    await broker.send(topic, ...rounds(ROUNDS));
    await eventually('as many as may be run', () => open.length === SIDE_BY_SIDE);
    // Out of turn: the first one and some others are still at it when the partitions are given out anew.
    await endUntil(SIDE_BY_SIDE - 4, ({ event }) => ['key-0', 'key-1', 'key-2', 'key-3'].includes(event.thing));
    const rebalances = async () => (await one.metrics.rebalances.get()).values[0]?.value ?? 0;
    const before = await rebalances();

    const two = await start(2, { heartbeatMs: 100 });
    await eventually('both have joined', async () => (await rebalances()) > before);
    await endUntil(ROUNDS * KEYS);
    await eventually('no lag', async () => (await broker.lag(shop, topic)) === 0);
    await Promise.all([one.stop(), two.stop()]);

    for (let key = 0; key < KEYS; key++) expect(numbersOf(`key-${key}`)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('a handler of requests', () => {
  it('answers sixteen of a partition side by side', async () => {
    const service = await startService({
      service: shop,
      contracts: [Add],
      asks: [Add],
      controllers: [AddWhenAllAreThere],
    });

    const asked = Array.from({ length: SIDE_BY_SIDE }, (_, one) =>
      service.requester.ask(create(Add, { one }), { timeoutMs: 20_000 }),
    );

    expect((await Promise.all(asked)).map(({ sum }) => sum)).toEqual(asked.map((_, one) => one + 1));
    await service.stop();
  });
});
