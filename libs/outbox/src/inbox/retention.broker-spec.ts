import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ContractClass, contractOf, HandleEvent, type HandleEventOptions } from '@fieldguide/kafka';
import {
  BrokerUnderTest,
  eventually,
  startService,
  type ServiceUnderTest,
  uniqueService,
} from '@fieldguide/kafka/testing';
import { Controller, type LoggerService, type Type } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import pg from 'pg';
import { ledgerModule, makeTables, onceHandler, type ThingDone, thingContract } from '../testing/ledger.js';
import { type ScratchDatabase, scratchDatabase } from '../testing/scratch-database.js';
import { InboxModule, type InboxSettings } from './inbox.module.js';
import { Once } from './once.js';

/** A transaction that ended since: after its start, a service without messages has no others. */
const LOOKED = `select 1 from pg_stat_activity where datname = current_database() and query = 'commit' and query_start > $1`;
const DAY_MS = 86_400_000;

let database: ScratchDatabase;
let broker: BrokerUnderTest;
let service: string;
let contract: ContractClass<ThingDone>;
let topic: string;
let warnings: string[];
const running: { stop(): Promise<void> }[] = [];

beforeEach(async () => {
  service = uniqueService('kept');
  contract = thingContract(service);
  ({ topic } = contractOf(contract));
  warnings = [];
  database = await scratchDatabase();
  broker = await new BrokerUnderTest().connect();
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
  await broker.close();
  await database.drop();
});

const silent = (): void => undefined;
const logger: LoggerService = { log: silent, error: silent, warn: (text: string) => void warnings.push(text) };

async function start(settings: InboxSettings, controllers: Type[] = [handlerWith()]): Promise<ServiceUnderTest> {
  const started = await startService({
    service,
    contracts: [contract],
    controllers,
    retryDelaysMs: [1_000, 60_000],
    imports: [ledgerModule(database.url, 'pg'), InboxModule.forService({ useFactory: () => settings })],
    logger,
  });
  running.push(started);
  return started;
}

const handlerWith = (options?: HandleEventOptions): Type =>
  onceHandler(contract, (thing, ledger) => ledger.enter(thing), options);

describe('inbox rows', () => {
  const fill = (count: number, age: string): Promise<unknown> =>
    database.query(
      `insert into inbox select 'NoteThings.handle', $2 || n, now() - $2::interval from generate_series(1, $1::int) as n`,
      [count, age],
    );
  const ages = async (): Promise<number> =>
    (await database.query<{ n: number }>('select count(*)::int as n from inbox'))[0]?.n ?? -1;

  beforeEach(() => makeTables(database));

  it('are deleted when they are older than the retention, and not before', async () => {
    await fill(2_500, '17 days');
    await fill(3, '15 days');

    await start({ retention: '16d' });
    await eventually('the old ones are gone', async () => (await ages()) === 3);
  });

  it('are deleted by one replica at a time', async () => {
    const other = new pg.Client({ connectionString: database.url });
    await other.connect();
    await other.query('begin');
    await other.query(`select pg_advisory_xact_lock(hashtextextended('@fieldguide/outbox inbox', 0))`);
    await fill(10, '17 days');

    await start({ retention: '16d', deleteEveryMs: 20 });
    const [{ started } = {}] = await database.query('select now() as started');
    await eventually('a look', async () => (await database.query(LOOKED, [started])).length > 0);
    const whileLocked = await ages();
    await other.query('commit');
    await other.end();

    expect(whileLocked).toBe(10);
    await eventually('they are gone', async () => (await ages()) === 0);
  });

  it('are never deleted where they are kept for ever', async () => {
    await fill(10, '10 years');

    await start({ retention: 'endless', deleteEveryMs: 10 });

    expect(await ages()).toBe(10);
  });
});

describe('the start of a service whose inbox forgets', () => {
  beforeEach(() => makeTables(database));

  const DAYS = { 'retention.ms': `${7 * DAY_MS}`, 'segment.ms': `${7 * DAY_MS}` };

  it('says nothing where events can not come again after that', async () => {
    await broker.createTopic(topic, 1, DAYS);

    const replica = await start({});

    expect(warnings).toEqual([]);
    expect(replica.health.report()).toMatchObject({ status: 'ok', reasons: [] });
  });

  it('warns of a topic that keeps its records for longer, names both times, and is degraded', async () => {
    await broker.createTopic(topic, 1, DAYS);

    const replica = await start({ retention: '8d' });

    const said = `NoteThings.handle has @Once(), and its inbox rows are kept for 8d, but an event of ${topic} can come again for 14d 1h`;
    expect(warnings).toEqual([expect.stringContaining(said)]);
    expect(replica.health.report()).toMatchObject({ status: 'degraded', reasons: [expect.stringContaining(said)] });
  });

  const ENDLESS: Record<string, string>[] = [
    { 'retention.ms': '-1' },
    { 'cleanup.policy': 'compact', 'retention.ms': '1000' },
  ];

  it.each(ENDLESS)('warns of an endless topic: %j', async (config) => {
    await broker.createTopic(topic, 1, config);

    const replica = await start({});

    const said = `${topic} keeps its records for ever: what is read from its begin later is handled again. Set the inbox's retention to 'endless'`;
    expect(warnings).toEqual([expect.stringContaining(said)]);
    expect(replica.health.report().status).toBe('degraded');
  });

  it('says nothing of an endless topic where the inbox is endless, too', async () => {
    await broker.createTopic(topic, 1, { 'retention.ms': '-1' });

    const replica = await start({ retention: 'endless' });

    expect(warnings).toEqual([]);
    expect(replica.health.report().status).toBe('ok');
  });
});

describe('a service that can not remember', () => {
  it('does not start without the table, and says where it is', async () => {
    const name = new URL(database.url).pathname.slice(1);

    await expect(start({})).rejects.toThrow(
      `The database ${name} has no table inbox: run node_modules/@fieldguide/outbox/sql/inbox.sql in it`,
    );
  });

  it('does not start with @Once() on what every replica is to handle', async () => {
    await makeTables(database);

    const starting = start({}, [handlerWith({ delivery: 'every-replica' })]);

    await expect(starting).rejects.toThrow(`NoteThings.handle has @Once(), and hears ${topic} in every replica`);
  });

  it('does not start where two methods would take each other for a duplicate', async () => {
    await makeTables(database);
    @Controller()
    class CountThings {
      @Once({ as: 'things' })
      async count(): Promise<void> {}

      @HandleEvent(contract)
      @Once({ as: 'things' })
      async handle(@Payload() _: ThingDone): Promise<void> {}
    }

    const starting = start({}, [CountThings]);

    await expect(starting).rejects.toThrow(/CountThings\.\w+ and CountThings\.\w+ both have @Once\(\) as things/);
  });
});
