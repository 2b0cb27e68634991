import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type ArgumentMetadata,
  type CallHandler,
  Controller,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  Scope,
  UseInterceptors,
} from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { CONTEXT, Ctx, EventPattern, KafkaContext, Payload, type RequestContext } from '@nestjs/microservices';
import { IsString, MinLength } from 'class-validator';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMPTY, map, type Observable, of, throwError } from 'rxjs';
import {
  contractOf,
  currentMessage,
  type CurrentMessage,
  Event,
  HandleEvent,
  MessageContext,
  Signal,
} from '../index.js';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { deadLettersOf } from '../testing/dead-letters.js';
import { eventually } from '../testing/eventually.js';
import { type ServiceUnderTest, startService, uniqueService } from '../testing/service-under-test.js';

const shop = uniqueService('handles');

@Event(`${shop}.thing-done.v1`, { key: 'key', example: { key: 'a', value: 'b' }, partitions: 2 })
class ThingDone {
  @IsString() key!: string;
  @IsString() value!: string;
}

/** Handled by a controller that is made for each message. */
@Event(`${shop}.thing-scoped.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 1 })
class ThingScoped {
  @IsString() @MinLength(1) thing!: string;
}

@Event(`${shop}.thing-streamed.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 1 })
class ThingStreamed {
  @IsString() thing!: string;
}

@Event(`${shop}.thing-slow.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 1 })
class ThingSlow {
  @IsString() thing!: string;
}

/** Its handler ends only when its signal fires. */
@Event(`${shop}.thing-stuck.v1`, { key: 'thing', example: { thing: 'a' }, partitions: 1 })
class ThingStuck {
  @IsString() thing!: string;
}

interface Call {
  readonly event: ThingDone;
  readonly context: KafkaContext;
  readonly signal: AbortSignal;
  readonly message: CurrentMessage | undefined;
}

const calls: Call[] = [];
const intercepted: string[] = [];
const scoped: { instance: number; topic: string; thing: string }[] = [];
const streamed: string[] = [];
const slow: string[] = [];
const stuck: string[] = [];
const piped: unknown[] = [];

@Injectable()
class Noting implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const rpc = context.switchToRpc();
    const { key } = rpc.getData<ThingDone>();
    intercepted.push(`before ${key} in ${context.getClass().name}.${context.getHandler().name}`);
    return next.handle().pipe(
      map((result: unknown) => {
        intercepted.push(`after ${key} of partition ${rpc.getContext<KafkaContext>().getPartition()}`);
        return result;
      }),
    );
  }
}

@Controller()
@UseInterceptors(Noting)
class NoteThings {
  @HandleEvent(ThingDone)
  handle(@Payload() event: ThingDone, @Ctx() context: KafkaContext, @Signal() signal: AbortSignal): string {
    calls.push({ event, context, signal, message: currentMessage() });
    return 'a value that nobody reads';
  }

  /** Of the stock transport: not ours to handle. */
  @EventPattern(`${shop}.stock`)
  stock(_: unknown): void {}
}

let instances = 0;

@Controller({ scope: Scope.REQUEST })
class NoteScoped {
  private readonly instance = ++instances;

  constructor(@Inject(CONTEXT) private readonly request: RequestContext<unknown, KafkaContext>) {}

  @HandleEvent(ThingScoped)
  handle(@Payload() { thing }: ThingScoped): void {
    scoped.push({ instance: this.instance, topic: this.request.getContext().getTopic(), thing });
  }
}

@Controller()
class NoteStreamed {
  @HandleEvent(ThingStreamed)
  handle(@Payload() { thing }: ThingStreamed): Observable<unknown> {
    streamed.push(thing);
    if (thing === 'failing') return throwError(() => new TypeError('of the stream'));
    return thing === 'empty' ? EMPTY : of(1, 2);
  }
}

@Controller()
class NoteSlow {
  @HandleEvent(ThingSlow)
  async handle(@Payload() { thing }: ThingSlow): Promise<void> {
    slow.push(thing);
    const began = Date.now();
    await eventually('three times the session timeout', () => Date.now() - began > 3 * SESSION_MS);
  }
}

@Controller()
class NoteStuck {
  @HandleEvent(ThingStuck)
  async handle(@Payload() { thing }: ThingStuck, @Signal() signal: AbortSignal): Promise<void> {
    stuck.push(thing);
    await once(signal, 'abort');
    stuck.push((signal.reason as Error).message);
  }
}

@Injectable()
class NotingPipe implements PipeTransform {
  transform(value: unknown, { type }: ArgumentMetadata): unknown {
    if (type === 'body') piped.push(value);
    return value;
  }
}

const SESSION_MS = 5_000;

let broker: BrokerUnderTest;
let service: ServiceUnderTest;
let journal: string;

const { topic } = contractOf(ThingDone);

const settled = (name = topic) => eventually('no lag', async () => (await broker.lag(shop, name)) === 0);
const callOf = (key: string): Promise<Call> => eventually(key, () => calls.find(({ event }) => event.key === key));

beforeAll(async () => {
  journal = await mkdtemp(join(tmpdir(), 'fieldguide-journal-'));
  broker = await new BrokerUnderTest().connect();
  service = await startService({
    service: shop,
    contracts: [ThingDone, ThingScoped, ThingStreamed, ThingSlow],
    controllers: [NoteThings, NoteScoped, NoteStreamed, NoteSlow],
    providers: [{ provide: APP_PIPE, useClass: NotingPipe }],
    settings: { journal, sessionTimeoutMs: SESSION_MS, heartbeatMs: 200, replica: 2, retryPausesMs: [] },
  });
});

afterAll(async () => {
  await service.stop();
  await broker.close();
  await rm(journal, { recursive: true, force: true });
});

describe('a handler', () => {
  it('takes fields called key and value, and numbers that are texts, as they were sent', async () => {
    const event = { key: '0123', value: '1e5' };
    await broker.send(topic, {
      partition: 0,
      key: '{"a":1}',
      value: JSON.stringify({ ...event, added: 'later', __proto__: null }),
    });

    const call = await callOf('0123');

    expect(call.event).toBeInstanceOf(ThingDone);
    expect(call.event).toEqual(event);
    expect(call.context.getMessage().key).toEqual(Buffer.from('{"a":1}'));
  });

  it('has the context of NestJS: topic, partition and message, with headers as they came', async () => {
    const headers = { json: '{"a":1}', number: '7', twice: ['1', '2'] };
    await broker.send(topic, { partition: 1, value: '{"key":"context","value":""}', headers });

    const { context, signal } = await callOf('context');

    expect(context).toBeInstanceOf(MessageContext);
    expect([context.getTopic(), context.getPartition(), context.getMessage().offset]).toEqual([topic, 1, '0']);
    expect(context.getMessage().headers).toEqual({
      json: Buffer.from('{"a":1}'),
      number: Buffer.from('7'),
      twice: [Buffer.from('1'), Buffer.from('2')],
    });
    expect(String(context.getMessage().value)).toBe('{"key":"context","value":""}');
    expect(signal.aborted).toBe(false);
    await expect(context.getHeartbeat()()).resolves.toBeUndefined();
    expect(() => context.getProducer().connect()).toThrow('inject EventPublisher');
  });

  it('knows the identity of a foreign record by where it stands, and of ours by its ce_id', async () => {
    await broker.send(
      topic,
      { partition: 1, value: '{"key":"foreign","value":""}' },
      { partition: 1, value: '{"key":"ours","value":""}', headers: { ce_id: 'id-7', 'correlation-id': 'order-7' } },
    );

    const [foreign, ours] = await Promise.all([callOf('foreign'), callOf('ours')]);

    const offset = BigInt(foreign.context.getMessage().offset);
    const place = { id: `${topic}/1/${offset}`, topic, partition: 1, offset };
    expect(foreign.message).toEqual({ ...place, attempt: 1, replay: false, time: expect.any(Date) });
    expect(ours.message).toMatchObject({ id: 'id-7', offset: offset + 1n });
  });

  it('runs inside its interceptors', async () => {
    await broker.send(topic, { partition: 1, value: '{"key":"intercepted","value":""}' });
    await settled();

    expect(intercepted.filter((note) => note.includes('intercepted'))).toEqual([
      'before intercepted in NoteThings.handle',
      'after intercepted of partition 1',
    ]);
  });

  it('gets what went through the global pipes, as an instance of the contract', async () => {
    await broker.send(topic, { partition: 1, value: '{"key":"piped","value":""}' });

    const { event } = await callOf('piped');

    expect(piped).toContainEqual(event);
    expect(piped.every((value) => value instanceof ThingDone)).toBe(true);
  });

  it('may be of a controller that is made for each message', async () => {
    await broker.send(contractOf(ThingScoped).topic, { value: '{"thing":"a"}' }, { value: '{"thing":"b"}' });
    await settled(contractOf(ThingScoped).topic);

    expect(scoped).toEqual([
      { instance: 1, topic: contractOf(ThingScoped).topic, thing: 'a' },
      { instance: 2, topic: contractOf(ThingScoped).topic, thing: 'b' },
    ]);
  });

  it('may return an Observable: awaited, also an empty one, and an error of it is the handler’s', async () => {
    const things = ['empty', 'full', 'failing'];
    await broker.send(
      contractOf(ThingStreamed).topic,
      ...things.map((thing) => ({ value: JSON.stringify({ thing }) })),
    );
    await settled(contractOf(ThingStreamed).topic);

    expect(streamed).toEqual(things);
    expect(await deadLettersOf(broker, shop)).toMatchObject([
      { offset: 2n, error: 'TypeError', message: 'of the stream' },
    ]);
  });

  it('handles an event once although it takes three times the session timeout, and others meanwhile', async () => {
    await broker.send(contractOf(ThingSlow).topic, { value: '{"thing":"slow"}' });
    await eventually('it began', () => slow.length === 1);
    await broker.send(topic, { value: '{"key":"meanwhile","value":""}' });
    await callOf('meanwhile');
    expect(await broker.lag(shop, contractOf(ThingSlow).topic)).toBe(1);
    await settled(contractOf(ThingSlow).topic);

    expect(slow).toEqual(['slow']);
    expect((await service.metrics.rebalances.get()).values[0]?.value).toBe(1);
  });

  it('leaves a line in the journal for each message', async () => {
    await broker.send(topic, {
      partition: 1,
      key: 'k',
      value: '{"key":"noted","value":""}',
      headers: { ce_id: 'id-8', 'correlation-id': 'order-8' },
    });
    const { context } = await callOf('noted');

    const lines = await eventually('the line', async () => {
      const text = await readFile(join(journal, `${shop}-2.jsonl`), 'utf8').catch(() => '');
      return text.includes('id-8') && text.trim().split('\n');
    });
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      topic,
      partition: 1,
      offset: context.getMessage().offset,
      group: shop,
      handler: 'NoteThings.handle',
      attempt: 1,
      outcome: 'handled',
      correlationId: 'order-8',
      id: 'id-8',
      type: topic,
      key: 'k',
      replica: `${shop}-2`,
    });
    expect(await readdir(journal)).toEqual([`${shop}-2.jsonl`]);
  });
});

describe('a topic that is deleted and made again', () => {
  it('is handled from its new beginning', async () => {
    const value = '{"key":"of the old one","value":""}';
    await broker.send(topic, { partition: 1, value }, { partition: 1, value }, { partition: 1, value });
    await settled();
    await broker.deleteTopic(topic);
    await broker.createTopic(topic, 2);
    await broker.send(topic, { partition: 1, value: '{"key":"of the new one","value":""}' });

    await callOf('of the new one');
    await settled();
  });
});

describe('a service that is stopped and started again', () => {
  it('goes on where it was, with what came meanwhile', async () => {
    await service.stop();
    await broker.send(topic, { value: '{"key":"while it was away","value":""}' });
    const before = calls.length;
    service = await startService({
      service: shop,
      contracts: [ThingDone],
      controllers: [NoteThings],
      settings: { sessionTimeoutMs: SESSION_MS, heartbeatMs: 200 },
    });

    await callOf('while it was away');
    await settled();
    expect(calls.slice(before).map(({ event }) => event.key)).toEqual(['while it was away']);
  });
});

describe('a handler that does not end', () => {
  it('holds up the stop for a while only; its signal fires, and the event is handled at the next start', async () => {
    const start = () =>
      startService({
        service: shop,
        contracts: [ThingStuck],
        controllers: [NoteStuck],
        settings: { drainMs: 50 },
      });
    const stuckTopic = contractOf(ThingStuck).topic;
    const first = await start();
    await broker.send(stuckTopic, { value: '{"thing":"stuck"}' });
    await eventually('it began', () => stuck.length === 1);

    await first.stop();
    expect(stuck).toEqual(['stuck', 'the service stops']);
    const second = await start();
    await eventually('it began again', () => stuck.length === 3);
    await second.stop();

    expect(stuck.slice(2)).toEqual(['stuck', 'the service stops']);
    expect(await broker.committed(shop, stuckTopic)).toEqual([-1]);
  });
});
