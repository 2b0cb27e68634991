import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { IsString } from 'class-validator';
import {
  contractOf,
  create,
  currentCorrelationId,
  currentMessage,
  Event,
  HandleEvent,
  HandleRequest,
  repliesWith,
  Request,
  Signal,
  TimeLimitError,
} from '../index.js';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { countsBy } from '../testing/counts.js';
import { deadLettersOf } from '../testing/dead-letters.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';

const shop = uniqueService('slow');

@Event(`${shop}.thing-done.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 2 })
class ThingDone {
  @IsString() thing!: string;
}

@Event(`${shop}.thing-kept.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 1 })
class ThingKept {
  @IsString() thing!: string;
}

class Answer {
  @IsString() text!: string;
}

@Request(`${shop}.say.v1`, { reply: Answer, example: { thing: 'a' } })
class Say {
  declare readonly [repliesWith]: Answer;
  @IsString() thing!: string;
}

const contracts = [ThingDone, ThingKept, Say];
const topic = contractOf(ThingDone).topic;
const keptTopic = contractOf(ThingKept).topic;

/** `thing#attempt` of every call. */
const calls: string[] = [];
const reasons: unknown[] = [];
const trails: unknown[] = [];
/** Ends the calls that hang. */
let release: () => void = () => undefined;
const released = new Promise<void>((resolve) => (release = resolve));

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => {
      reasons.push(signal.reason);
      trails.push(currentCorrelationId());
      reject(new Error('given up', { cause: signal.reason as Error }));
    }),
  );

@Controller()
class Things {
  @HandleEvent(ThingDone, { timeLimitMs: 200 })
  async done(@Payload() { thing }: ThingDone, @Signal() signal: AbortSignal): Promise<void> {
    const attempt = currentMessage()?.attempt;
    calls.push(`${thing}#${attempt}`);
    if (thing === 'listens' && attempt === 1) await aborted(signal);
    if (thing === 'ends late') await new Promise((resolve) => signal.addEventListener('abort', resolve));
    if (thing === 'hangs' && attempt === 1) await released;
  }

  @HandleEvent(ThingKept, { timeLimitMs: 200, onFailure: 'keep-order' })
  async kept(@Payload() { thing }: ThingKept): Promise<void> {
    calls.push(`kept ${thing}#${currentMessage()?.attempt}`);
    if (thing === 'hangs') await released;
  }

  @HandleRequest(Say, { timeLimitMs: 200 })
  async say(@Payload() { thing }: Say): Promise<Answer> {
    calls.push(`say ${thing}`);
    await released;
    return create(Answer, { text: thing });
  }
}

let broker: BrokerUnderTest;
let service: ServiceUnderTest;

const values = (...things: string[]) => things.map((thing) => ({ partition: 0, value: JSON.stringify({ thing }) }));
const settled = (name: string) => eventually('no lag', async () => (await broker.lag(shop, name)) === 0);

beforeAll(async () => {
  broker = await new BrokerUnderTest().connect();
  service = await startService({
    service: shop,
    contracts,
    asks: [Say],
    controllers: [Things],
    retryDelaysMs: [100],
    settings: { retryPausesMs: [1], keepOrderPausesMs: [1] },
  });
});

beforeEach(() => {
  for (const noted of [calls, reasons, trails]) noted.length = 0;
});

afterAll(async () => {
  release();
  await service.stop();
  await broker.close();
});

describe('a handler that is not done in time', () => {
  it('hears it on its own trail, though one clock runs for all of them', async () => {
    const listens = (partition: number) => ({
      partition,
      value: JSON.stringify({ thing: 'listens' }),
      headers: { 'correlation-id': `of-${partition}` },
    });

    await broker.send(topic, listens(0), listens(1));
    await settled(topic);

    expect(trails.sort()).toEqual(['of-0', 'of-1']);
  });

  it('hears it by its signal; what it throws then counts as a failure, tried again in place', async () => {
    await broker.send(topic, ...values('listens', 'behind'));
    await settled(topic);

    expect(calls).toEqual(['listens#1', 'listens#2', 'behind#1']);
    expect(reasons).toEqual([expect.any(TimeLimitError)]);
    expect(reasons).toMatchObject([{ message: 'Things.done did not finish within 200 ms.' }]);
  });

  it('is done all the same where it ends well after its signal', async () => {
    await broker.send(topic, ...values('ends late'));
    await settled(topic);

    expect(calls.filter((call) => call.startsWith('ends late'))).toEqual(['ends late#1']);
    expect(await deadLettersOf(broker, shop)).toEqual([]);
  });

  it('holds up its lane for 5 s more and is tried again elsewhere, never beside itself in place; health says so', async () => {
    await broker.send(topic, ...values('hangs', 'after the one that hangs'));
    await broker.send(keptTopic, ...values('hangs', 'after the one that hangs'));
    const asked = service.requester.ask(create(Say, { thing: 'hangs' }), { timeoutMs: 20_000 });

    await expect(asked).rejects.toMatchObject({ code: 'INTERNAL', message: 'The request failed.' });
    await Promise.all([settled(topic), settled(keptTopic)]);
    await eventually('tried again', () => calls.includes('hangs#2'));

    expect(calls.filter((call) => /^hangs|^after/.test(call)).sort()).toEqual([
      'after the one that hangs#1',
      'hangs#1',
      'hangs#2',
    ]);
    expect(calls.filter((call) => call.startsWith('kept'))).toEqual([
      'kept hangs#1',
      'kept after the one that hangs#1',
    ]);
    expect(await deadLettersOf(broker, shop)).toMatchObject([{ topic: keptTopic, code: 'TIME_LIMIT', attempts: 1 }]);
    expect(await countsBy(service.metrics.abandoned, 'topic')).toEqual({
      [topic]: 1,
      [keptTopic]: 1,
      [contractOf(Say).topic]: 1,
    });
    expect(service.health.report()).toMatchObject({ status: 'degraded', ready: true });
    expect([...service.health.report().reasons].sort()).toEqual(
      ['done', 'kept', 'say'].map((method) => `Things.${method} still runs, beyond its time limit of 200 ms`),
    );

    release();
    await eventually('well again', () => service.health.report().status === 'ok');
    expect(calls.filter((call) => call.startsWith('hangs'))).toEqual(['hangs#1', 'hangs#2']);
  });
});
