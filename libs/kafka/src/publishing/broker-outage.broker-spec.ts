import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IsInt, IsString } from 'class-validator';
import type { KafkaSettings } from '../client/index.js';
import { contractOf, create, Event, NotPublishedError, OutcomeUnknownError, type Published } from '../index.js';
import { BrokerUnderTest, type SeenRecord } from '../testing/broker-under-test.js';
import { eventually } from '../testing/eventually.js';
import { type OwnBroker, startOwnBroker } from '../testing/own-broker.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';

const shop = uniqueService('outlasts');

@Event(`${shop}.thing-done.v1`, { key: 'thing', example: { thing: 'a', count: 1 }, partitions: 6 })
class ThingDone {
  @IsString() thing!: string;
  @IsInt() count!: number;
}

/** Nobody has published it when the broker goes. */
@Event(`${shop}.thing-begun.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 1 })
class ThingBegun {
  @IsString() thing!: string;
}

const { topic } = contractOf(ThingDone);

let own: OwnBroker;
let broker: BrokerUnderTest;

beforeAll(async () => {
  own = await startOwnBroker();
  broker = await new BrokerUnderTest([own.kafka]).connect();
});

afterAll(async () => {
  // Nothing is left to be removed from a broker that goes itself.
  await broker?.admin.disconnect();
  await own?.remove();
});

const start = (settings: Partial<KafkaSettings> = {}): Promise<ServiceUnderTest> =>
  startService({ service: shop, contracts: [ThingDone, ThingBegun], settings: { brokers: [own.kafka], ...settings } });

const publish = ({ events }: ServiceUnderTest, thing: string, count = 0): Promise<Published> =>
  events.publish(create(ThingDone, { thing, count }));

const idOf = ({ headers }: SeenRecord): string => String(headers?.['ce_id']);
const countOf = ({ value }: SeenRecord): number => (JSON.parse(String(value)) as ThingDone).count;

/** A deadline against hanging: what kafkajs does by itself takes 15 s and more. */
const inTime = <T>(what: string, work: Promise<T>): Promise<T> => {
  let outcome: PromiseSettledResult<T> | undefined;
  work.then(
    (value) => (outcome = { status: 'fulfilled', value }),
    (reason: unknown) => (outcome = { status: 'rejected', reason }),
  );
  return eventually(what, () => outcome !== undefined).then(() => work);
};

describe('a broker that is killed and restarted twice under 48 callers', () => {
  it('has every event once, in the order of the calls', async () => {
    const service = await start({ publishTimeoutMs: 60_000, publishQueueBytes: 256_000_000 });
    const callers = Array.from({ length: 48 }, (_, caller) => `caller-${caller}`);
    const calls: Promise<Published>[] = [];
    let round = 0;
    let acknowledged = 0;
    // Nobody awaits one call before the next.
    const load = setInterval(() => {
      for (const caller of callers) {
        const call = publish(service, caller, round);
        call.then(() => acknowledged++).catch(() => undefined);
        calls.push(call);
      }
      round++;
    }, 50);
    const moreAreThere = async () => {
      const goal = acknowledged + 480;
      await eventually('480 more', () => acknowledged >= goal);
    };

    try {
      for (let kill = 0; kill < 2; kill++) {
        await moreAreThere();
        await own.kill();
        await own.start();
      }
      await moreAreThere();
    } finally {
      clearInterval(load);
    }
    const published = await Promise.all(calls);

    const records = (await broker.read(topic)).sort((a, b) => Number(a.offset) - Number(b.offset));
    const first = new Map<string, SeenRecord>();
    for (const record of records) if (!first.has(idOf(record))) first.set(idOf(record), record);
    expect(published.filter(({ id }) => !first.has(id))).toEqual([]);
    const rounds = Array.from({ length: round }, (_, index) => index);
    for (const caller of callers) {
      expect([...first.values()].filter(({ key }) => String(key) === caller).map(countOf)).toEqual(rounds);
    }
    expect(records).toHaveLength(first.size);
    expect((await service.metrics.resent.get()).values[0]?.value).toBe(0);
    await service.stop();
  });
});

describe('a broker that stands still', () => {
  let service: ServiceUnderTest;
  beforeAll(async () => {
    service = await start({ publishTimeoutMs: 1_000 });
    await eventually('the first', () => publish(service, 'before').catch(() => undefined));
    await own.pause();
  });

  afterAll(() => own.resume());

  it('leaves a publish its deadline, to a topic that is known and to one that is not', async () => {
    const known = publish(service, 'in doubt');
    const unknown = service.events.publish(create(ThingBegun, { thing: 'never sent' }));

    await inTime('two rejections', Promise.allSettled([known, unknown]));

    await expect(known).rejects.toThrow(OutcomeUnknownError);
    await expect(known).rejects.toThrow(/^The broker did not say within 1000 ms whether .*\/\d has the record\.$/);
    await expect(unknown).rejects.toThrow(NotPublishedError);
    await expect(unknown).rejects.toThrow(
      `No broker could be reached within 1000 ms for ${contractOf(ThingBegun).topic}.`,
    );
  });

  it('holds up no stop of a service', async () => {
    const outcomes = Promise.allSettled([
      publish(service, 'the last'),
      service.events.publish(create(ThingBegun, { thing: 'the last' })),
    ]);

    await inTime('the stop', service.stop());

    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});

describe('a service that stops while the broker is away', () => {
  it('sends what waits when the broker comes back', async () => {
    const service = await start({ publishTimeoutMs: 60_000 });
    await publish(service, 'stops', 1);

    await own.kill();
    const published = [2, 3].map((count) => publish(service, 'stops', count));
    const unknown = service.events.publish(create(ThingBegun, { thing: 'stops' }));
    const stopped = service.stop();
    await own.start();
    await Promise.all([...published, unknown, stopped]);

    const records = (await broker.read(topic)).filter(({ key }) => String(key) === 'stops');
    expect([...new Set(records.map(countOf))]).toEqual([1, 2, 3]);
    expect((await broker.read(contractOf(ThingBegun).topic)).map(({ key }) => String(key))).toContain('stops');
  });
});

const nameOf = (error: unknown): string =>
  error instanceof NotPublishedError ? error.reason : (error as OutcomeUnknownError).code;

describe('a broker that is gone for good', () => {
  let service: ServiceUnderTest;

  beforeAll(async () => {
    service = await start({ publishTimeoutMs: 1_000, publishQueueBytes: 200_000 });
    await eventually('the first', () => publish(service, 'before').catch(() => undefined));
    await own.kill();
  });

  afterAll(() => inTime('the stop', service.stop()));

  const outcomesOf = async (count: number): Promise<Map<string, number>> => {
    const outcomes = new Map<string, number>();
    const calls = Array.from({ length: count }, () => publish(service, 'nowhere'));
    for (const outcome of await inTime('all outcomes', Promise.allSettled(calls))) {
      const name = outcome.status === 'fulfilled' ? 'published' : nameOf(outcome.reason);
      outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
    }
    return outcomes;
  };

  it('lets no more wait than may, and says at once what the limit is', async () => {
    const outcomes = await outcomesOf(1_000);

    const full = outcomes.get('QUEUE_FULL') ?? 0;
    // A record of this kind takes 1 400 to 1 500 bytes, its overhead included.
    expect(1_000 - full).toBeGreaterThan(120);
    expect(1_000 - full).toBeLessThan(150);
    expect(
      [...outcomes.keys()].filter((name) => !['QUEUE_FULL', 'OUTCOME_UNKNOWN', 'BROKER_AWAY'].includes(name)),
    ).toEqual([]);
    await expect(Promise.all(Array.from({ length: 200 }, () => publish(service, 'nowhere')))).rejects.toThrow(
      `Nothing more is taken for ${topic}: 200000 bytes wait (publishQueueBytes).`,
    );
  });

  it('rejects every publish within its deadline, again and again: what was rejected waits no more', async () => {
    for (let round = 0; round < 2; round++) {
      const outcomes = await eventually('room', async () => {
        const tried = await outcomesOf(50);
        return tried.has('QUEUE_FULL') ? undefined : tried;
      });

      expect(outcomes.has('published')).toBe(false);
    }
  });
});
