import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { IsInt, IsString } from 'class-validator';
import type { KafkaSettings } from '../client/index.js';
import { contractOf, create, HandleRequest, repliesWith, Request, RequestError, ShuttingDownError } from '../index.js';
import { type BrokerProxy, startBrokerProxy } from '../testing/broker-proxy.js';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { brokers } from '../testing/brokers.js';
import { countsBy } from '../testing/counts.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';
import { CORRELATION_ID, REPLICA } from './wire.js';

const answering = uniqueService('billing');
const asking = uniqueService('orders');

class Revision {
  @IsInt() revision!: number;
}

@Request(`${answering}.tell-revision.v1`, { reply: Revision, example: { of: 'tea' }, partitions: 1 })
class TellRevision {
  declare readonly [repliesWith]: Revision;
  @IsString() of!: string;
}

const { topic } = contractOf(TellRevision);
const HOUR = 3_600_000;

/** One replica of the answering service: which requests it got, and what it makes of them. */
class Replica {
  readonly asked: string[] = [];
  readonly name: string;
  service!: ServiceUnderTest;
  #doors: (() => void)[] = [];

  constructor(private readonly number: number) {
    this.name = `${answering}-${number}`;
  }

  async start(settings: Partial<KafkaSettings> = {}): Promise<this> {
    const answer = (of: string) => this.#answer(of);
    @Controller()
    class TellRevisionWhenAsked {
      @HandleRequest(TellRevision, { delivery: 'every-replica' })
      async handle(@Payload() { of }: TellRevision): Promise<Revision> {
        return create(Revision, { revision: await answer(of) });
      }
    }
    const given = { replica: this.number, drainMs: 50, ...settings };
    const controllers = [TellRevisionWhenAsked];
    this.service = await startService({ service: answering, contracts: [TellRevision], controllers, settings: given });
    return this;
  }

  /** What is held is answered now. */
  release(): void {
    this.#doors.forEach((open) => open());
    this.#doors = [];
  }

  async holds(count: number): Promise<void> {
    await eventually(`${this.name} holds ${count}`, () => this.#doors.length === count);
  }

  async stop(): Promise<void> {
    this.release();
    await this.service.stop();
  }

  async #answer(of: string): Promise<number> {
    this.asked.push(of);
    if (of === 'held') await new Promise<void>((open) => this.#doors.push(open));
    if (of === 'broken' && this.number === 2) throw new RequestError('NO_SUCH_ARTICLE', 'There is none of that name.');
    return this.number;
  }
}

let broker: BrokerUnderTest;
let asker: ServiceUnderTest;
let replicas: Replica[];

const startAsker = () => startService({ service: asking, contracts: [TellRevision], asks: [TellRevision] });

const askAll = (of: string, options: { timeoutMs: number; expected?: number }, { requester } = asker) =>
  requester.askAll(create(TellRevision, { of }), options);

const dropped = ({ metrics } = asker) => countsBy(metrics.repliesDropped, 'reason');

/** The headers of the last request, as its answerers see them. */
const lastRequest = async () => {
  const request = (await broker.read(topic)).at(-1);
  if (!request) throw new Error('Nothing was asked.');
  return { value: request.value, headers: request.headers ?? {} };
};

const reply = async (value: string, headers: Record<string, string> = {}) => {
  const id = (await lastRequest()).headers[CORRELATION_ID];
  await broker.send(`${asking}.replies`, { value, headers: { ...headers, [CORRELATION_ID]: id } });
};

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
  await broker.createTopic(topic, 1);
  asker = await startAsker();
  replicas = await Promise.all([1, 2, 3].map((number) => new Replica(number).start()));
});

afterEach(() => replicas.forEach((replica) => replica.release()));

afterAll(async () => {
  await Promise.all([asker.stop(), ...replicas.map((replica) => replica.stop())]);
  await broker.close();
});

describe('an ask of every replica', () => {
  it('gets the answer of each, with its name, and ends with the last one expected', async () => {
    const { replies, failures } = await askAll('tea', { timeoutMs: HOUR, expected: 3 });

    const revisions = new Map(replies.map(({ from, reply }) => [from, reply.revision]));
    expect(revisions).toEqual(new Map(replicas.map(({ name }, index) => [name, index + 1])));
    expect(replies[0]?.reply).toBeInstanceOf(Revision);
    expect(failures).toEqual([]);
  });

  it('keeps failures beside the replies: of a handler, and of a reply that breaks its contract', async () => {
    const asked = askAll('broken', { timeoutMs: HOUR, expected: 4 });
    await eventually('it is asked', () => replicas.every((replica) => replica.asked.includes('broken')));
    await reply('{"revision":"none"}', { [REPLICA]: 'other-1' });

    const { replies, failures } = await asked;
    expect(replies.map(({ from }) => from).sort()).toEqual([`${answering}-1`, `${answering}-3`]);
    expect([...failures].sort((a, b) => a.code.localeCompare(b.code))).toEqual([
      { from: `${answering}-2`, code: 'NO_SUCH_ARTICLE', message: 'There is none of that name.' },
      { from: 'other-1', code: 'UNREADABLE_REPLY', message: expect.stringContaining('is no Revision') },
    ]);
  });

  it('counts a replica once that answers twice, and one that does not say its name each time', async () => {
    const before = await dropped();
    const asked = askAll('held', { timeoutMs: HOUR, expected: 5 });
    await Promise.all(replicas.map((replica) => replica.holds(1)));
    await broker.send(topic, await lastRequest());
    // The second stands behind the first in the same partition: a slow answer holds up no other.
    await Promise.all(replicas.map((replica) => replica.holds(2)));
    replicas.forEach((replica) => replica.release());
    await eventually('three duplicates', async () => (await dropped())['duplicate'] === (before['duplicate'] ?? 0) + 3);
    await reply('{"revision":8}');
    await reply('{"revision":9}');

    const { replies } = await asked;
    const names = replicas.map(({ name }) => name);
    expect(
      replies
        .slice(0, 3)
        .map(({ from }) => from)
        .sort(),
    ).toEqual(names);
    expect(replies.slice(3)).toEqual([
      { from: undefined, reply: { revision: 8 } },
      { from: undefined, reply: { revision: 9 } },
    ]);
  });

  it('ends in its time with what there is, and what comes later is counted as late', async () => {
    const before = await dropped();
    const results = await countsBy(asker.metrics.asks, 'result');

    expect(await askAll('held', { timeoutMs: 300 })).toEqual({ replies: [], failures: [] });
    expect(await askAll('held', { timeoutMs: 300, expected: 3 })).toEqual({ replies: [], failures: [] });

    await Promise.all(replicas.map((replica) => replica.holds(2)));
    replicas.forEach((replica) => replica.release());
    await eventually('six late ones', async () => (await dropped())['late'] === (before['late'] ?? 0) + 6);
    expect(await countsBy(asker.metrics.asks, 'result')).toEqual({
      ...results,
      ok: (results['ok'] ?? 0) + 1,
      timeout: (results['timeout'] ?? 0) + 1,
    });
  });

  it('is refused at once with options that can not work', async () => {
    for (const expected of [0, -1, 1.5, NaN, 10_001]) {
      await expect(askAll('tea', { timeoutMs: 100, expected })).rejects.toThrow(
        `expected is ${expected}; a whole number from 1 to 10000 is needed.`,
      );
    }
    for (const timeoutMs of [0, NaN, Infinity]) {
      await expect(askAll('tea', { timeoutMs })).rejects.toMatchObject({ code: 'KAFKA_SETTINGS' });
    }
  });

  it('is rejected when the asking service stops', async () => {
    const other = await startAsker();
    const rejected = expect(askAll('held', { timeoutMs: HOUR }, other)).rejects.toThrow(ShuttingDownError);
    await Promise.all(replicas.map((replica) => replica.holds(1)));

    await other.stop();

    await rejected;
  });
});

describe('an ask of one, where every replica answers', () => {
  it('takes the first reply and drops the others', async () => {
    const before = await dropped();

    const { revision } = await asker.requester.ask(create(TellRevision, { of: 'tea' }), { timeoutMs: 30_000 });

    expect([1, 2, 3]).toContain(revision);
    await eventually('two more', async () => (await dropped())['duplicate'] === (before['duplicate'] ?? 0) + 2);
  });
});

describe('a replica that comes or goes', () => {
  let proxy: BrokerProxy;

  beforeAll(async () => {
    proxy = await startBrokerProxy(brokers()[0] ?? '');
  });
  afterAll(() => proxy.close());

  it('answers nothing that was asked before its start, and is missing when it is killed in the middle', async () => {
    const late = await new Replica(4).start({ brokers: [proxy.kafka] });

    const first = await askAll('first', { timeoutMs: HOUR, expected: 4 });
    const killed = askAll('held', { timeoutMs: 5_000, expected: 4 });
    await late.holds(1);
    proxy.cut();
    await Promise.all(replicas.map((replica) => replica.holds(1)));
    replicas.forEach((replica) => replica.release());

    expect(first.replies).toHaveLength(4);
    expect(late.asked).toEqual(['first', 'held']);
    expect((await killed).replies.map(({ from }) => from).sort()).toEqual(replicas.map(({ name }) => name));
    proxy.heal();
    await late.stop();
  });
});
