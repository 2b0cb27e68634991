import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ContractClass, contractOf, HandleEvent, KafkaModule, runReplay } from '@fieldguide/kafka';
import {
  brokers,
  BrokerUnderTest,
  deadLettersOf,
  eventually,
  startService,
  type ServiceUnderTest,
  uniqueService,
} from '@fieldguide/kafka/testing';
import { Controller, Inject, Injectable, Module, type Provider, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import { Gate } from '../testing/gate.js';
import {
  type HandleThing,
  type Kind,
  Ledger,
  ledgerModule,
  makeTables,
  onceHandler,
  type ThingDone,
  thingContract,
  thingRecord,
} from '../testing/ledger.js';
import { ReplicaProcess } from '../testing/replica-process.js';
import { type ScratchDatabase, scratchDatabase } from '../testing/scratch-database.js';
import { InboxModule } from './inbox.module.js';
import { Once } from './once.js';

const PARTITIONS = 2;

let database: ScratchDatabase;
let broker: BrokerUnderTest;
let service: string;
let contract: ContractClass<ThingDone>;
let topic: string;
const running: { stop(): Promise<void> }[] = [];

beforeEach(async () => {
  service = uniqueService('once');
  contract = thingContract(service, PARTITIONS);
  ({ topic } = contractOf(contract));
  database = await scratchDatabase();
  await makeTables(database);
  broker = await new BrokerUnderTest().connect();
  await broker.createTopic(topic, PARTITIONS);
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
  await broker.close();
  await database.drop();
});

async function start(controller: Type, kind: Kind = 'pg', providers: Provider[] = []): Promise<ServiceUnderTest> {
  const started = await startService({
    service,
    contracts: [contract],
    controllers: [controller],
    providers,
    imports: [ledgerModule(database.url, kind), InboxModule.forService()],
    settings: { retryPausesMs: [1], heartbeatMs: 100 },
  });
  running.push(started);
  return started;
}

const entries = async (): Promise<string[]> =>
  (await database.query<{ thing: string }>('select thing from entries order by position')).map(({ thing }) => thing);

const rows = async (): Promise<string[]> =>
  (await database.query<{ row: string }>(`select handler || ' ' || message_id as row from inbox order by 1`)).map(
    ({ row }) => row,
  );

const allHandled = () => eventually('no lag', async () => (await broker.lag(service, topic)) === 0);

const duplicates = async ({ metrics }: ServiceUnderTest, handler = 'NoteThings.handle'): Promise<number> => {
  const found = (await metrics.registry.getSingleMetric('inbox_duplicates_total')?.get())?.values ?? [];
  return found.find(({ labels }) => labels['handler'] === handler)?.value ?? 0;
};

const waitingForLocks = async (): Promise<number> => {
  const text = `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  return (await database.query<{ n: number }>(text))[0]?.n ?? 0;
};

describe.each<Kind>(['pg', 'drizzle'])('an event that comes twice, in transactions of %s', (kind) => {
  it('is handled once, and counted as a duplicate', async () => {
    const replica = await start(
      onceHandler(contract, (thing, ledger) => ledger.enter(thing)),
      kind,
    );

    await broker.send(topic, thingRecord('a'), thingRecord('a'), thingRecord('b'));
    await allHandled();

    expect(await entries()).toEqual(['a', 'b']);
    expect(await rows()).toEqual(['NoteThings.handle a', 'NoteThings.handle b']);
    expect(await duplicates(replica)).toBe(1);
  });

  it('is waited for while another replica has it, and left out once that has committed', async () => {
    const gate = new Gate();
    const handle: HandleThing = async (thing, ledger) => {
      await ledger.enter(thing);
      await gate.pass();
    };
    const replicas = [
      await start(onceHandler(contract, handle), kind),
      await start(onceHandler(contract, handle), kind),
    ];

    await broker.send(topic, thingRecord('a', 0), thingRecord('a', 1));
    await eventually('the other one waits', async () => (await waitingForLocks()) === 1);
    gate.open();
    await allHandled();

    expect(gate.reached).toBe(1);
    expect(await entries()).toEqual(['a']);
    expect((await Promise.all(replicas.map((replica) => duplicates(replica)))).sort()).toEqual([0, 1]);
  });

  it('is handled by the one that waited where the first fails', async () => {
    const gate = new Gate();
    let calls = 0;
    const handle: HandleThing = async (thing, ledger) => {
      const isFirst = ++calls === 1;
      await ledger.enter(isFirst ? 'of the one that failed' : thing);
      if (!isFirst) return;
      await gate.pass();
      throw new TypeError('a mistake, and no second attempt');
    };
    await start(onceHandler(contract, handle), kind);
    await start(onceHandler(contract, handle), kind);

    await broker.send(topic, thingRecord('a', 0), thingRecord('a', 1));
    await eventually('the other one waits', async () => (await waitingForLocks()) === 1);
    gate.open();
    await allHandled();

    expect(await entries()).toEqual(['a']);
    expect(await deadLettersOf(broker, service)).toHaveLength(1);
  });
});

describe.each<Kind>(['pg', 'drizzle'])('a handler that fails after its writes, in transactions of %s', (kind) => {
  it('leaves neither them nor an inbox row, and is called again', async () => {
    let calls = 0;
    const handle: HandleThing = async (thing, ledger) => {
      await ledger.enter(`${thing} ${++calls}`);
      if (calls === 1) throw new Error('not yet');
    };
    await start(onceHandler(contract, handle), kind);

    await broker.send(topic, thingRecord('a'));
    await allHandled();

    expect(await entries()).toEqual(['a 2']);
    expect(await rows()).toEqual(['NoteThings.handle a']);
  });

  it('has failed also where it catches what PostgreSQL refused, and goes on', async () => {
    const handle: HandleThing = async (thing, ledger) => {
      await ledger.enter(thing);
      await ledger.failQuery().catch(() => undefined);
    };
    await start(onceHandler(contract, handle), kind);

    await broker.send(topic, thingRecord('a'));
    await allHandled();

    expect(await rows()).toEqual([]);
    const [letter] = await deadLettersOf(broker, service);
    expect(letter?.message).toMatch(/a query in it failed, and whoever caught that went on/);
  });
});

describe('a replica that is killed between the commit of its transaction and that of its offset', () => {
  it('has done the work, which nobody does again', async () => {
    const kafka = { brokers: [...brokers()], replica: 1, commitMs: 600_000 };
    const killed = await ReplicaProcess.startHandling({ service, databaseUrl: database.url, kafka });
    running.push({ stop: () => killed.kill() });
    await broker.send(topic, thingRecord('a'), thingRecord('b'));
    await eventually('both entries', async () => (await entries()).length === 2);

    await killed.kill();
    expect(await broker.lag(service, topic)).toBe(2);
    const next = await start(onceHandler(contract, (thing, ledger) => ledger.enter(thing)));
    await allHandled();

    expect(await entries()).toEqual(['a', 'b']);
    expect(await duplicates(next)).toBe(2);
  });
});

describe('a method with @Once() below a handler', () => {
  const seen: unknown[] = [];

  @Injectable()
  class Outcomes {
    constructor(@Inject(Ledger) private readonly ledger: Ledger) {}

    @Once({ as: 'payments' })
    async store(thing: string): Promise<string | undefined> {
      await this.ledger.enter(thing);
      return thing;
    }
  }

  /** Calls it as often as a spec says. */
  function calls(times: number): Type {
    @Controller()
    class PayThings {
      constructor(@Inject(Outcomes) private readonly outcomes: Outcomes) {}

      @HandleEvent(contract)
      async handle(@Payload() { thing }: ThingDone): Promise<void> {
        for (let call = 1; call <= times; call++) seen.push(await this.outcomes.store(`${thing} ${call}`));
      }
    }
    return PayThings;
  }

  beforeEach(() => void seen.splice(0));

  it('keeps its rows under the name that it is given, and returns undefined for what it has done', async () => {
    const replica = await start(calls(1), 'pg', [Outcomes]);

    await broker.send(topic, thingRecord('a'), thingRecord('a'));
    await allHandled();

    expect(await rows()).toEqual(['payments a']);
    expect(seen).toEqual(['a 1', undefined]);
    expect(await duplicates(replica, 'payments')).toBe(1);
  });

  it('does its work at the first call only, where one message calls it twice', async () => {
    await start(calls(2), 'pg', [Outcomes]);

    await broker.send(topic, thingRecord('a'));
    await allHandled();

    expect(await entries()).toEqual(['a 1']);
    expect(seen).toEqual(['a 1', undefined]);
  });

  it('refuses to be called outside of a message', async () => {
    const replica = await start(calls(1), 'pg', [Outcomes]);

    const calling = replica.app.get(Outcomes).store('a');

    await expect(calling).rejects.toThrow('payments has @Once(), and was called outside of a message');
    expect(await entries()).toEqual([]);
  });
});

describe('a replay', () => {
  it.each([1, 10])('calls handlers for what they have handled, in a transaction, with batch %i', async (batch) => {
    const handle: HandleThing = (thing, ledger) => ledger.enter(thing);
    const controllers = [onceHandler(contract, handle, { replayable: true, retryDelaysMs: [], batch })];
    const settings = { brokers: brokers() };
    @Module({
      imports: [
        KafkaModule.forService({ service, contracts: [contract] }, { useFactory: () => settings }),
        ledgerModule(database.url, 'pg'),
        InboxModule.forService(),
      ],
      controllers,
    })
    class App {}
    const replayed = {
      appModule: App,
      settings: () => settings,
      createApp: () => NestFactory.create(App, { logger: false }),
    };
    await broker.send(topic, thingRecord('a'), thingRecord('b'));
    await database.query(`insert into inbox values ('NoteThings.handle', 'a')`);

    const code = await runReplay(replayed, ['--replay', '--from', 'beginning', '--json'], {
      out: () => undefined,
      progress: () => undefined,
    });

    expect(code).toBe(0);
    expect(await entries()).toEqual(['a', 'b']);
    expect(await rows()).toEqual(['NoteThings.handle a']);
  });
});
