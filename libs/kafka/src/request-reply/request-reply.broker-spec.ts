import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { IsInt, IsString } from 'class-validator';
import { randomBytes, randomUUID } from 'node:crypto';
import {
  AskTimeoutError,
  contractOf,
  create,
  HandleRequest,
  repliesWith,
  Request,
  ShuttingDownError,
} from '../index.js';
import { BrokerUnderTest, headerWithoutValue } from '../testing/broker-under-test.js';
import { countsBy } from '../testing/counts.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';
import { CORRELATION_ID } from './wire.js';

const answering = uniqueService('billing');
const asking = uniqueService('orders');

class Echo {
  @IsString() text!: string;
}

@Request(`${answering}.echo.v1`, { reply: Echo, example: { text: 'a' }, partitions: 3 })
class SayIt {
  declare readonly [repliesWith]: Echo;
  @IsString() text!: string;
}

/** Its topic is deleted after the start. */
@Request(`${answering}.gone.v1`, { reply: Echo, example: { text: 'a' }, partitions: 1 })
class AskTheGone {
  declare readonly [repliesWith]: Echo;
  @IsString() text!: string;
}

class Held {
  @IsInt() count!: number;
}

@Request(`${answering}.hold-it.v1`, { reply: Held, example: { count: 1 }, partitions: 1 })
class HoldIt {
  declare readonly [repliesWith]: Held;
  @IsInt() count!: number;
}

@Controller()
class Echoes {
  @HandleRequest(SayIt)
  handle(@Payload() { text }: SayIt): Echo {
    return create(Echo, { text });
  }
}

/** Answers when the spec says so. */
const held: (() => void)[] = [];

@Controller()
class Holds {
  @HandleRequest(HoldIt)
  async handle(@Payload() { count }: HoldIt): Promise<Held> {
    await new Promise<void>((release) => held.push(release));
    return create(Held, { count });
  }
}

const contracts = [SayIt, HoldIt, AskTheGone];
const asks = [SayIt, HoldIt];

let broker: BrokerUnderTest;
let answerer: ServiceUnderTest;

const startAsker = (): Promise<ServiceUnderTest> => startService({ service: asking, contracts, asks });

const release = async (): Promise<void> => (await eventually('a held request', () => held.shift()))();

const dropped = ({ metrics }: ServiceUnderTest) => countsBy(metrics.repliesDropped, 'reason');

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
  answerer = await startService({ service: answering, contracts, controllers: [Echoes, Holds] });
});

afterAll(async () => {
  held.forEach((go) => go());
  await answerer.stop();
  await broker.close();
});

describe('a service that has just started', () => {
  it('gets the answer to its first ask, each of 25 times', async () => {
    const texts: string[] = [];
    for (const round of [0, 5, 10, 15, 20]) {
      const replicas = await Promise.all(
        [0, 1, 2, 3, 4].map(async (index) => {
          const replica = await startAsker();
          const { text } = await replica.requester.ask(create(SayIt, { text: `${round + index}` }), {
            timeoutMs: 10_000,
          });
          texts.push(text);
          return replica;
        }),
      );
      await Promise.all(replicas.map((replica) => replica.stop()));
    }

    expect(new Set(texts)).toEqual(new Set(Array.from({ length: 25 }, (_, ask) => `${ask}`)));
  });

  it('leaves no group behind when it stops', async () => {
    const replica = await startAsker();
    const [group] = await broker.groups(`${asking}.replies.`);
    expect(group).toMatch(/\.replies\.[0-9a-f]{12}$/);

    await replica.stop();

    expect(await broker.groups(`${asking}.replies.`)).toEqual([]);
  });
});

describe('an ask', () => {
  let asker: ServiceUnderTest;

  beforeAll(async () => {
    asker = await startAsker();
  });

  afterAll(() => asker.stop());

  it('reads no reply of the time before the start', async () => {
    const texts = Array.from({ length: 24 }, (_, index) => `${index}`);

    await Promise.all(texts.map((text) => asker.requester.ask(create(SayIt, { text }))));

    expect((await broker.read(`${asking}.replies`)).length).toBeGreaterThan(24);
    expect(await dropped(asker)).toEqual({});
  });

  it('is given up in its time, and the reply that comes later is counted as late', async () => {
    const asked = asker.requester.ask(create(HoldIt, { count: 1 }), { timeoutMs: 50 });

    await expect(asked).rejects.toThrow(AskTimeoutError);
    await expect(asked).rejects.toThrow('No reply to HoldIt came within 50 ms.');
    await release();
    await eventually('the late reply', async () => (await dropped(asker))['late'] === 1);
  });

  it('has one reply: what else comes under its id, under none, or in no words is dropped and counted', async () => {
    const before = await dropped(asker);
    await asker.requester.ask(create(SayIt, { text: 'once' }));
    const replies = await broker.read(`${asking}.replies`);
    const answer = replies.find(({ value }) => String(value) === '{"text":"once"}');
    const id = answer?.headers?.[CORRELATION_ID] as Buffer;

    await broker.send(
      `${asking}.replies`,
      { value: '{"text":"twice"}', headers: { [CORRELATION_ID]: id } },
      { value: '{"text":"for another"}', headers: { [CORRELATION_ID]: randomUUID() } },
      { value: '{"text":"for nobody"}', headers: {} },
      { value: null, headers: { [CORRELATION_ID]: headerWithoutValue() } },
      { value: 'no json', headers: { [CORRELATION_ID]: randomBytes(65_536) } },
    );

    await eventually('all of them', async () => {
      const after = await dropped(asker);
      return (
        after['duplicate'] === (before['duplicate'] ?? 0) + 1 &&
        after['foreign'] === (before['foreign'] ?? 0) + 2 &&
        after['unidentified'] === (before['unidentified'] ?? 0) + 2
      );
    });
    expect(asker.health.report().status).toBe('ok');
  });

  it('fails at once where its request can not be sent, with the reason', async () => {
    const { topic } = contractOf(AskTheGone);
    const replica = await startService({ service: asking, contracts, asks: [SayIt, AskTheGone] });
    await broker.deleteTopic(topic);
    const never = { timeoutMs: 3_600_000 };

    const tooLarge = replica.requester.ask(create(SayIt, { text: 'x'.repeat(1_100_000) }), never);
    const gone = replica.requester.ask(create(AskTheGone, { text: 'a' }), never);

    await expect(tooLarge).rejects.toMatchObject({ reason: 'TOO_LARGE' });
    await expect(gone).rejects.toMatchObject({ reason: 'UNKNOWN_TOPIC', message: expect.stringContaining(topic) });
    expect(await countsBy(replica.metrics.asks, 'result')).toEqual({ 'not-sent': 2 });
    await replica.stop();
  });

  it('is answered although the member was thrown out of its group meanwhile', async () => {
    const asked = asker.requester.ask(create(HoldIt, { count: 2 }), { timeoutMs: 20_000 });
    const [group] = await broker.groups(`${asking}.replies.`);
    await eventually('it is held', () => held.length > 0);
    await broker.evict(group ?? '');
    await release();

    expect((await asked).count).toBe(2);
  });

  it('is refused at once where its request is not listed or broken, or would never be given up', async () => {
    const idle = await startService({ service: uniqueService('idle'), contracts });

    await expect(idle.requester.ask(create(SayIt, { text: 'a' }))).rejects.toThrow(
      'SayIt is not among the requests that this service asks (KafkaModule, `asks`).',
    );
    await expect(asker.requester.ask(create(SayIt, { text: 7 as unknown as string }))).rejects.toMatchObject({
      code: 'CONTRACT_VIOLATION',
    });
    for (const timeoutMs of [0, -1, NaN, Infinity]) {
      await expect(asker.requester.ask(create(SayIt, { text: 'a' }), { timeoutMs })).rejects.toMatchObject({
        code: 'KAFKA_SETTINGS',
      });
    }
    await idle.stop();
  });

  it('is rejected when the service stops, and so is a later one', async () => {
    const replica = await startAsker();
    const asked = replica.requester.ask(create(HoldIt, { count: 3 }), { timeoutMs: 3_600_000 });
    const rejected = expect(asked).rejects.toThrow(ShuttingDownError);
    await eventually('it is held', () => held.length > 0);

    await replica.stop();

    await rejected;
    await expect(replica.requester.ask(create(SayIt, { text: 'late' }))).rejects.toThrow(ShuttingDownError);
    await release();
  });
});
