import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CanActivate, Controller, Injectable, Module, type Type, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, Payload } from '@nestjs/microservices';
import { IsString } from 'class-validator';
import { KafkaModule } from '../bootstrap/kafka.module.js';
import { KafkaTransport } from '../bootstrap/kafka.transport.js';
import { Event } from '../contract/index.js';
import { currentMessage } from '../correlation/correlation.js';
import { HandleEvent } from '../handling/handle-event.js';
import { MessageContext } from '../handling/message-context.js';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { brokers } from '../testing/brokers.js';
import { eventually } from '../testing/eventually.js';
import { uniqueService } from '../testing/service-under-test.js';
import { runReplay } from './run-replay.js';

interface Seen {
  readonly id: string;
  readonly replay: boolean | undefined;
}

/** A service with one handler, and what that has seen. */
function serviceWith(name: string, options: { readonly replayable?: boolean } = { replayable: true }) {
  const service = uniqueService(name);
  const topic = `${service}.said.v1`;
  const seen: Seen[] = [];
  const asked: boolean[] = [];
  const state = { act: (_id: string): void | Promise<void> => undefined };

  @Injectable()
  class Guard implements CanActivate {
    canActivate(): boolean {
      return asked.push(true) > 0;
    }
  }
  @Event(topic, { key: 'id', partitions: 2, example: { id: '1' } })
  class Said {
    @IsString() id!: string;
  }
  @Controller()
  class Hears {
    @UseGuards(Guard)
    @HandleEvent(Said, { ...options, retryPausesMs: [1], retryDelaysMs: [1_000] })
    async handle(@Payload() { id }: Said, @Ctx() { replay }: MessageContext): Promise<void> {
      expect(currentMessage()?.replay).toBe(replay);
      seen.push({ id, replay });
      await state.act(id);
    }
  }
  const settings = { brokers: brokers() };
  @Module({
    imports: [KafkaModule.forService({ service, contracts: [Said] }, { useFactory: () => settings })],
    controllers: [Hears],
    providers: [Guard],
  })
  class App {}
  return { service, topic, seen, asked, state, app: App as Type, settings };
}
type Service = ReturnType<typeof serviceWith>;

const record = (id: string, partition = 0) => ({
  partition,
  key: id,
  value: JSON.stringify({ id }),
  headers: { ce_id: id },
});

describe('a replay', () => {
  const broker = new BrokerUnderTest();
  beforeAll(async () => {
    await broker.connect();
  });
  afterAll(() => broker.close());

  const replay = async ({ app, settings }: Service, line: string, signal?: AbortSignal) => {
    const documents: Record<string, unknown>[] = [];
    let apps = 0;
    const code = await runReplay(
      {
        appModule: app,
        settings: () => settings,
        createApp: () => (apps++, NestFactory.create(app, { logger: false, abortOnError: false })),
      },
      ['--replay', '--json', ...line.split(' ')],
      { out: (text) => documents.push(JSON.parse(text) as Record<string, unknown>), progress: () => undefined, signal },
    );
    return { code, documents, apps };
  };

  const idsIn = ({ seen }: Service) => seen.map(({ id }) => id);

  it('hands a period to the real handler, in order, with its guards, and leaves nothing on the broker', async () => {
    const of = serviceWith('period');
    await broker.createTopic(of.topic, 2);
    await broker.send(of.topic, record('too-early'), record('too-early', 1));
    const from = await eventually('a later millisecond', () => {
      const now = Date.now();
      return now > began && new Date(now).toISOString();
    });
    await broker.send(of.topic, record('a'), record('b'), record('c'));
    of.state.act = () => broker.send(of.topic, record('too-late'));

    const { code, documents } = await replay(of, `--from ${from}`);

    expect({ code, documents }).toEqual({ code: 0, documents: [{ replayed: 3, failed: 0, left: [] }] });
    expect(of.seen).toEqual(['a', 'b', 'c'].map((id) => ({ id, replay: true })));
    expect(of.asked).toHaveLength(3);
    expect(await broker.groups(of.service)).toEqual([]);
    expect((await broker.admin.listTopics()).filter((topic) => topic.startsWith(of.service))).toEqual([of.topic]);
  });
  const began = Date.now();

  it('reads a piece of one partition, up to and without its end', async () => {
    const of = serviceWith('piece');
    await broker.createTopic(of.topic, 2);
    await broker.send(of.topic, ...['0', '1', '2', '3'].map((id) => record(id)), record('other', 1));

    await replay(of, `--topic ${of.topic} --partition 0 --offset 1 --to-offset 3`);

    expect(idsIn(of)).toEqual(['1', '2']);
  });

  it('reports what fails, after the attempts in place, and goes on behind it', async () => {
    const of = serviceWith('failing');
    await broker.createTopic(of.topic, 2);
    const noJson = { partition: 0, key: 'x', value: '{' };
    await broker.send(of.topic, record('a'), noJson, record('bad'), record('z'));
    of.state.act = (id) => {
      if (id === 'bad') throw new Error('the shelf is full');
    };

    const { code, documents } = await replay(of, '--from beginning');

    expect(code).toBe(1);
    expect(documents).toMatchObject([
      {
        failure: {
          topic: of.topic,
          partition: 0,
          offset: '1',
          id: `${of.topic}/0/1`,
          attempts: 0,
          error: 'NotJsonError',
        },
      },
      {
        failure: {
          offset: '2',
          id: 'bad',
          handler: 'Hears.handle',
          attempts: 2,
          error: 'Error',
          message: 'the shelf is full',
        },
      },
      { replayed: 2, failed: 2, left: [] },
    ]);
    expect(idsIn(of)).toEqual(['a', 'bad', 'bad', 'z']);
    expect((await broker.admin.listTopics()).filter((topic) => topic.startsWith(of.service))).toEqual([of.topic]);
  });

  it('refuses a handler that is not marked, before anything is read or made', async () => {
    const of = serviceWith('unmarked', {});
    await broker.createTopic(of.topic, 2);
    await broker.send(of.topic, record('a'));

    await expect(replay(of, '--from beginning')).rejects.toThrow(
      /Hears\.handle \(\S+\) is not marked replayable: true/,
    );
    const { code, documents, apps } = await replay(of, '--from beginning --dry-run');

    expect({ code, documents, apps }).toMatchObject({
      code: 1,
      documents: [{ refused: { handler: 'Hears.handle' } }],
      apps: 0,
    });
    expect(of.seen).toEqual([]);
  });

  it('says in a dry run what it would read, and makes no app', async () => {
    const of = serviceWith('dry');
    await broker.createTopic(of.topic, 2);
    await broker.send(of.topic, record('a'), record('b'));

    const { documents, apps } = await replay(of, '--from beginning --dry-run');

    const range = { topic: of.topic, handler: 'Hears.handle' };
    expect(documents).toEqual([
      { ...range, partition: 0, from: '0', to: '2', records: 2 },
      { ...range, partition: 1, from: '0', to: '0', records: 0 },
    ]);
    expect([apps, of.seen]).toEqual([0, []]);
  });

  it('names those that there are where one is asked for that is not there', async () => {
    const of = serviceWith('unknown');

    await expect(replay(of, '--from beginning --handler Writes')).rejects.toThrow(
      /No handler .* Writes\. .*Hears\.handle/,
    );
    await expect(replay(of, '--from beginning')).rejects.toThrow(`There is no topic ${of.topic}`);
  });

  it('comes to its end where a transaction ends the topic, aborted ones left out', async () => {
    const of = serviceWith('marks');
    await broker.createTopic(of.topic, 2);
    const producer = broker.kafka.producer({ transactionalId: of.service, maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    for (const end of ['commit', 'abort'] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic: of.topic, messages: [record(end)] });
      await transaction[end]();
    }
    await producer.disconnect();

    expect(await replay(of, '--from beginning')).toMatchObject({ code: 0, documents: [{ replayed: 1, left: [] }] });
    expect(idsIn(of)).toEqual(['commit']);
  });

  it('finishes what runs when it is ended early, and says from where to go on', async () => {
    const of = serviceWith('ended');
    await broker.createTopic(of.topic, 2);
    await broker.send(of.topic, record('a'), record('b'), record('c'));
    const ending = new AbortController();
    of.state.act = (id) => {
      if (id === 'b') ending.abort();
    };

    const { code, documents } = await replay(of, '--from beginning', ending.signal);

    expect(code).toBe(1);
    expect(documents).toMatchObject([{ replayed: 2, failed: 0, left: [{ partition: 0, from: '2', to: '3' }] }]);
    expect(await broker.groups(of.service)).toEqual([]);
  });

  it('takes nothing from the service that runs beside it', async () => {
    const of = serviceWith('beside');
    await broker.createTopic(of.topic, 2);
    const app = await NestFactory.create(of.app, { logger: false, abortOnError: false });
    app.connectMicroservice({ strategy: app.get(KafkaTransport) }, { inheritAppConfig: true });
    await app.startAllMicroservices();
    await broker.send(of.topic, record('a'), record('b', 1));
    await eventually('the service has handled both', async () => (await broker.lag(of.service, of.topic)) === 0);

    await replay(of, '--from beginning');
    await broker.send(of.topic, record('c'));
    await eventually('and goes on', async () => (await broker.lag(of.service, of.topic)) === 0);
    await app.close();

    const told = of.seen.map(({ id, replay: again }) => `${id}${again ? ' again' : ''}`).sort();
    expect(told).toEqual(['a', 'a again', 'b', 'b again', 'c']);
  });
});
