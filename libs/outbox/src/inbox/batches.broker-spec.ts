import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type ContractClass,
  contractOf,
  currentMessage,
  DependencyDownError,
  type HandleEventOptions,
  KafkaTransport,
} from '@fieldguide/kafka';
import {
  BrokerUnderTest,
  deadLettersOf,
  eventually,
  startService,
  type ServiceOptions,
  type ServiceUnderTest,
  uniqueService,
} from '@fieldguide/kafka/testing';
import type { Type } from '@nestjs/common';
import { Gate } from '../testing/gate.js';
import {
  type HandleThing,
  type Kind,
  ledgerModule,
  makeTables,
  onceHandler,
  plainHandler,
  type ThingDone,
  thingContract,
  thingRecord,
} from '../testing/ledger.js';
import { type ScratchDatabase, scratchDatabase } from '../testing/scratch-database.js';
import { InboxModule } from './inbox.module.js';

const THINGS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
const BATCH: HandleEventOptions = { batch: 100 };

let database: ScratchDatabase;
let broker: BrokerUnderTest;
let service: string;
let contract: ContractClass<ThingDone>;
let topic: string;
const running: { stop(): Promise<void> }[] = [];

beforeEach(async () => {
  service = uniqueService('batch');
  contract = thingContract(service);
  ({ topic } = contractOf(contract));
  database = await scratchDatabase();
  await makeTables(database);
  broker = await new BrokerUnderTest().connect();
  await broker.createTopic(topic);
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
  await broker.close();
  await database.drop();
});

async function start(
  controller: Type,
  kind: Kind = 'pg',
  settings: ServiceOptions['settings'] = {},
  retryDelaysMs: readonly number[] = [],
): Promise<ServiceUnderTest> {
  const started = await startService({
    service,
    retryDelaysMs,
    contracts: [contract],
    controllers: [controller],
    imports: [ledgerModule(database.url, kind), InboxModule.forService()],
    settings: { retryPausesMs: [1], heartbeatMs: 100, ...settings },
  });
  running.push(started);
  return started;
}

/** All at once, before anybody reads: a run takes what waits. */
const sendAll = (things: readonly string[] = THINGS): Promise<void> =>
  broker.send(topic, ...things.map((thing) => thingRecord(thing)));

const entries = async (): Promise<string[]> =>
  (await database.query<{ thing: string }>('select thing from entries order by position')).map(({ thing }) => thing);

/** How many transactions wrote what is there. */
const transactions = async (): Promise<number> =>
  (await database.query<{ n: number }>('select count(distinct xmin::text)::int as n from entries'))[0]?.n ?? -1;

const inbox = async (): Promise<string[]> =>
  (await database.query<{ id: string }>('select message_id as id from inbox order by 1')).map(({ id }) => id);

const allHandled = () => eventually('no lag', async () => (await broker.lag(service, topic)) === 0);

const lettersOf = async (): Promise<number[]> =>
  (await deadLettersOf(broker, service)).map(({ offset }) => Number(offset));

/** Counts of a metric, by one of its labels. */
async function counted({ metrics }: ServiceUnderTest, name: string, label: string): Promise<Record<string, number>> {
  const { values = [] } = (await metrics.registry.getSingleMetric(name)?.get()) ?? {};
  const some = values.filter(({ value }) => value > 0);
  return Object.fromEntries(some.map(({ labels, value }) => [String(labels[label]), value]));
}

const outcomes = (replica: ServiceUnderTest) => counted(replica, 'kafka_messages_handled_total', 'outcome');
const attempts = (replica: ServiceUnderTest) => counted(replica, 'kafka_handler_attempts_total', 'result');

describe.each<Kind>(['pg', 'drizzle'])('a batch, in a transaction of %s', (kind) => {
  it('is committed once, in the order of its events, and each is counted', async () => {
    await sendAll();
    const replica = await start(
      plainHandler(contract, (thing, ledger) => ledger.enter(thing), BATCH),
      kind,
    );
    await allHandled();

    expect(await entries()).toEqual(THINGS);
    expect(await transactions()).toBe(1);
    expect(await outcomes(replica)).toEqual({ handled: 10 });
    expect(await attempts(replica)).toEqual({ ok: 10 });
  });

  const guilty = [['0'], ['4'], ['9'], ['3', '4'], ['2', '8'], THINGS].map((bad) => ({ bad }));

  it.each(guilty)('comes to what it would one by one, where it fails at $bad', async ({ bad }) => {
    const seen: number[] = [];
    const handle: HandleThing = async (thing, ledger) => {
      seen.push(currentMessage()?.attempt ?? 0);
      await ledger.enter(thing);
      if (bad.includes(thing)) throw new TypeError('one that nobody can handle');
    };
    await sendAll();
    // What all failed alike would be an outage.
    const replica = await start(plainHandler(contract, handle, BATCH), kind, { breaker: false });
    await allHandled();

    const good = THINGS.filter((thing) => !bad.includes(thing));
    expect(await entries()).toEqual(good);
    expect(await lettersOf()).toEqual(bad.map(Number));
    const handled = good.length;
    expect(await outcomes(replica)).toEqual({ ...(handled > 0 && { handled }), 'dead-letter': bad.length });
    expect(await attempts(replica)).toEqual({ ...(handled > 0 && { ok: handled }), failed: bad.length });
    expect(new Set(seen)).toEqual(new Set([1]));
  });

  it('leaves out only the one that PostgreSQL refuses at the commit', async () => {
    const handle: HandleThing = async (thing, ledger) => {
      await ledger.enter(thing);
      if (thing === '6') await ledger.breakCommit(thing);
    };
    await sendAll();
    const replica = await start(plainHandler(contract, handle, BATCH), kind);
    await allHandled();

    expect(await entries()).toEqual(THINGS.filter((thing) => thing !== '6'));
    expect(await lettersOf()).toEqual([6]);
    expect(await outcomes(replica)).toEqual({ handled: 9, 'dead-letter': 1 });
  });

  it('leaves out only the one that caught what PostgreSQL refused, and went on', async () => {
    const handle: HandleThing = async (thing, ledger) => {
      await ledger.enter(thing);
      if (thing === '6') await ledger.failQuery().catch(() => undefined);
    };
    await sendAll();
    await start(plainHandler(contract, handle, BATCH), kind);
    await allHandled();

    expect(await entries()).toEqual(THINGS.filter((thing) => thing !== '6'));
    expect(await lettersOf()).toEqual([6]);
  });

  it('goes on where the server ends its connection', async () => {
    const gate = new Gate();
    const handle: HandleThing = async (thing, ledger) => {
      await ledger.enter(thing);
      if (thing === '4' && gate.reached === 0) await gate.pass();
    };
    await sendAll();
    await start(plainHandler(contract, handle, BATCH), kind);
    await eventually('the run', () => gate.reached === 1);
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`,
    );
    gate.open();
    await allHandled();

    expect(await entries()).toEqual(THINGS);
    expect(await lettersOf()).toEqual([]);
  });
});

describe('a batch of which one fails for a while', () => {
  it('waits for what is down, in order, and then goes on', async () => {
    let isDown = true;
    const handle: HandleThing = async (thing, ledger) => {
      await ledger.enter(thing);
      if (thing === '4' && isDown) throw new DependencyDownError('the warehouse');
    };
    await sendAll();
    const replica = await start(plainHandler(contract, handle, BATCH));
    await eventually('it waits', () => replica.health.report().reasons.some((reason) => /warehouse/.test(reason)));
    expect(await entries()).toEqual(['0', '1', '2', '3']);
    isDown = false;
    await allHandled();

    expect(await entries()).toEqual(THINGS);
    expect(replica.health.report().status).toBe('ok');
  });

  it('is overtaken by the others while that one is in a retry topic', async () => {
    const attemptsAt4: number[] = [];
    const handle: HandleThing = async (thing, ledger) => {
      await ledger.enter(thing);
      if (thing !== '4') return;
      const { attempt = 0 } = currentMessage() ?? {};
      attemptsAt4.push(attempt);
      if (attempt < 3) throw new Error('not yet');
    };
    await sendAll();
    await start(onceHandler(contract, handle, BATCH), 'pg', {}, [1_000]);
    await eventually('all of them', async () => (await entries()).length === 10);

    expect(await entries()).toEqual([...THINGS.filter((thing) => thing !== '4'), '4']);
    // In the batch, alone in place, in the retry topic.
    expect(attemptsAt4).toEqual([1, 1, 2, 3]);
    expect(await inbox()).toEqual(THINGS);
  });
});

describe('a batch of which one can not be read', () => {
  it('handles what is before and after it, and nothing twice', async () => {
    const seen: string[] = [];
    const handle: HandleThing = async (thing, ledger) => {
      seen.push(thing);
      await ledger.enter(thing);
    };
    await broker.send(topic, thingRecord('0'), thingRecord('1'), { value: 'no JSON' }, thingRecord('3'));
    await start(plainHandler(contract, handle, BATCH));
    await allHandled();

    expect(seen).toEqual(['0', '1', '3']);
    expect(await entries()).toEqual(['0', '1', '3']);
    expect(await lettersOf()).toEqual([2]);
  });
});

describe('a batch with @Once()', () => {
  it('asks the inbox for all of them at once, and leaves out what was handled', async () => {
    await database.query(`insert into inbox values ('NoteThings.handle', '3'), ('NoteThings.handle', '5')`);
    await sendAll([...THINGS, '7']);
    const replica = await start(onceHandler(contract, (thing, ledger) => ledger.enter(thing), BATCH));
    await allHandled();

    expect(await entries()).toEqual(['0', '1', '2', '4', '6', '7', '8', '9']);
    expect(await transactions()).toBe(1);
    expect(await inbox()).toEqual(THINGS);
    const [written] = await database.query<{ statements: number }>(
      `select count(distinct cmin::text)::int as statements from inbox where message_id not in ('3', '5')`,
    );
    expect(written?.statements).toBe(1);
    expect(await counted(replica, 'inbox_duplicates_total', 'handler')).toEqual({ 'NoteThings.handle': 3 });
  });

  it('leaves no row of the guilty one', async () => {
    const handle: HandleThing = async (thing, ledger) => {
      await ledger.enter(thing);
      if (thing === '4') throw new TypeError('one that nobody can handle');
    };
    await sendAll();
    await start(onceHandler(contract, handle, BATCH));
    await allHandled();

    const good = THINGS.filter((thing) => thing !== '4');
    expect(await entries()).toEqual(good);
    expect(await inbox()).toEqual(good);
  });

  it('counts one that came again once, though its run is rolled back, and split', async () => {
    await database.query(`insert into inbox values ('NoteThings.handle', '2')`);
    const handle: HandleThing = (thing) =>
      thing === '4' ? Promise.reject(new TypeError('one that nobody can handle')) : Promise.resolve();
    await sendAll();
    const replica = await start(onceHandler(contract, handle, BATCH));
    await allHandled();

    expect(await lettersOf()).toEqual([4]);
    expect(await counted(replica, 'inbox_duplicates_total', 'handler')).toEqual({ 'NoteThings.handle': 1 });
  });
});

/** What of kafkajs' consumer matters here. */
interface Rejoining {
  on(event: 'consumer.rebalancing', listener: () => void): unknown;
}

describe('a batch that runs', () => {
  /** Handles things, and is held up at one of them the first time. */
  function heldUpAt(held: string, gate: Gate): HandleThing {
    return async (thing, ledger) => {
      await ledger.enter(thing);
      if (thing === held && gate.reached === 0) await gate.pass();
    };
  }

  it('ends at the event that it is at when the service stops: that much is committed', async () => {
    const gate = new Gate();
    await sendAll();
    const stopping = await start(onceHandler(contract, heldUpAt('3', gate), BATCH));
    await eventually('the run', () => gate.reached === 1);

    const stopped = stopping.stop();
    await eventually('it stops', () => !stopping.health.report().ready);
    gate.open();
    await stopped;

    expect(await broker.committed(service, topic)).toEqual([4]);
    expect(await entries()).toEqual(['0', '1', '2', '3']);
    expect(await inbox()).toEqual(['0', '1', '2', '3']);
    await start(plainHandler(contract, heldUpAt('-', gate), BATCH));
    await allHandled();
    expect(await entries()).toEqual(THINGS);
  });

  it('ends at the event that it is at when a replica joins, and each event is handled once', async () => {
    const gate = new Gate();
    const seen: string[] = [];
    const handle: HandleThing = async (thing, ledger) => {
      seen.push(thing);
      await heldUpAt('3', gate)(thing, ledger, new AbortController().signal);
    };
    await sendAll();
    const first = await start(plainHandler(contract, handle, BATCH));
    await eventually('the run', () => gate.reached === 1);
    const [consumer] = first.app.get(KafkaTransport).unwrap<Rejoining[]>();
    let rejoins = false;
    consumer?.on('consumer.rebalancing', () => (rejoins = true));

    const joining = start(plainHandler(contract, handle, BATCH));
    await eventually('it is asked to join again', () => rejoins);
    gate.open();
    await joining;
    await allHandled();

    expect(seen).toEqual(THINGS);
    expect(await entries()).toEqual(THINGS);
    expect(await transactions()).toBe(2);
  });

  it('is rolled back where others have the partition by then', async () => {
    const gate = new Gate();
    await sendAll();
    await start(onceHandler(contract, heldUpAt('3', gate), BATCH));
    await eventually('the run', () => gate.reached === 1);

    await broker.evict(service);
    gate.open();
    await allHandled();

    expect(await entries()).toEqual(THINGS);
    expect(await inbox()).toEqual(THINGS);
    expect(await transactions()).toBe(1);
  });
});

describe('a batch with a handler that never ends', () => {
  it('gives up that one, and nothing that it writes later is stored', async () => {
    const gate = new Gate();
    let late: unknown = 'not tried';
    const handle: HandleThing = async (thing, ledger) => {
      await ledger.enter(thing);
      if (thing !== '4') return;
      await gate.pass();
      late = await ledger.enter('too late').catch((error: unknown) => error);
    };
    await sendAll();
    const options = { ...BATCH, timeLimitMs: 200, onFailure: 'keep-order' } as const;
    const replica = await start(onceHandler(contract, handle, options));
    await allHandled();

    const good = THINGS.filter((thing) => thing !== '4');
    expect(gate.reached).toBe(1);
    expect(await entries()).toEqual(good);
    expect(await lettersOf()).toEqual([4]);
    expect(await attempts(replica)).toEqual({ ok: 9, failed: 1 });
    gate.open();
    expect(await eventually('it ends', () => late instanceof Error && late)).toBeInstanceOf(Error);
    expect(await entries()).toEqual(good);
  });
});
