import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ContractClass, contractOf, create, NotPublishedError } from '@fieldguide/kafka';
import {
  brokers,
  BrokerUnderTest,
  eventually,
  startOwnBroker,
  startService,
  type ServiceUnderTest,
  uniqueService,
} from '@fieldguide/kafka/testing';
import { Outbox } from '../outbox/outbox.js';
import type { OutboxSettings } from '../outbox/outbox-settings.js';
import { noteContract, Notes, NOTES_SQL, notesModules, type NoteWritten } from '../testing/notes.js';
import { ReplicaProcess } from '../testing/replica-process.js';
import { type ScratchDatabase, scratchDatabase } from '../testing/scratch-database.js';

/** Longer than any spec: what is published is published because somebody woke the relay. */
const NEVER_MS = 600_000;

let database: ScratchDatabase;
let broker: BrokerUnderTest;
let service: string;
let contract: ContractClass<NoteWritten>;
const running: { stop(): Promise<void> }[] = [];

beforeEach(async () => {
  service = uniqueService('notes');
  contract = noteContract(service);
  database = await scratchDatabase();
  await database.query(await readFile('libs/outbox/sql/outbox.sql', 'utf8'));
  await database.query(NOTES_SQL);
  broker = await new BrokerUnderTest().connect();
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
  await broker.close();
  await database.drop();
});

interface Replica extends ServiceUnderTest {
  readonly notes: Notes;
  readonly outbox: Outbox;
}

async function start(settings: Partial<OutboxSettings> = {}, addresses = brokers()): Promise<Replica> {
  const started = await startService({
    service,
    contracts: [contract],
    settings: { brokers: addresses },
    imports: notesModules(contract, { databaseUrl: database.url, pollMs: NEVER_MS, ...settings }),
  });
  running.push(started);
  return { ...started, notes: started.app.get(Notes), outbox: started.app.get(Outbox) };
}

async function startProcess(settings: Partial<OutboxSettings> = {}): Promise<ReplicaProcess> {
  const outbox = { databaseUrl: database.url, pollMs: NEVER_MS, ...settings };
  const replica = await ReplicaProcess.start({ service, kafka: { brokers: brokers() }, outbox });
  running.push({ stop: () => replica.kill() });
  return replica;
}

const topic = (): string => contractOf(contract).topic;

/** What is in the topic: `note revision`, in the order of each partition. */
async function published(from = broker): Promise<string[]> {
  const records = await from.read(topic());
  return records.map(({ value }) => {
    const { note, revision } = JSON.parse(String(value)) as NoteWritten;
    return `${note} ${revision}`;
  });
}

const waiting = async (): Promise<number> =>
  (await database.query<{ n: number }>('select count(*)::int as n from outbox where sent_at is null'))[0]?.n ?? -1;

const allRelayed = (): Promise<unknown> => eventually('the outbox is empty', async () => (await waiting()) === 0);

describe('an event in the outbox', () => {
  it('is published when its transaction is committed', async () => {
    const { notes } = await start();

    // Whoever is woken before that finds nothing.
    await notes.write('a', '', async () => void (await notes.transactions.db.query('select pg_sleep(0.3)')));
    await allRelayed();

    expect(await published()).toEqual(['a 1']);
  });

  it('is never published when its transaction is rolled back', async () => {
    const { notes } = await start();

    const failing = notes.write('a', '', () => {
      throw new Error('after all');
    });

    await expect(failing).rejects.toThrow('after all');
    await notes.write('sentinel');
    await allRelayed();
    expect(await published()).toEqual(['sentinel 1']);
  });

  it('is refused where no transaction runs', async () => {
    const { outbox } = await start();

    await expect(outbox.add(create(contract, { note: 'a', revision: 1, text: '' }))).rejects.toMatchObject({
      code: 'NO_TRANSACTION',
    });
  });

  it('is published though one that was added later was committed and published before it', async () => {
    const { notes } = await start();
    let commit = (): void => undefined;
    const held = new Promise<void>((resolve) => (commit = resolve));

    const late = notes.write('late', '', () => held);
    await eventually('a position is taken', async () => (await positionsTaken()) === 1);
    await notes.write('early');
    await allRelayed();
    expect(await published()).toEqual(['early 1']);
    commit();
    await late;
    await allRelayed();

    expect((await published()).sort()).toEqual(['early 1', 'late 1']);
  });

  it('keeps the order of the commits of its key, however many write at once', async () => {
    const { notes } = await start({ batchEvents: 7 });
    const names = ['a', 'b', 'c', 'd', 'e'];

    await Promise.all(Array.from({ length: 300 }, (_, index) => notes.write(names[index % names.length] as string)));
    await allRelayed();

    const revisions = new Map<string, number[]>();
    for (const told of await published()) {
      const [note = '', revision] = told.split(' ');
      revisions.set(note, [...(revisions.get(note) ?? []), Number(revision)]);
    }
    const expected = Array.from({ length: 60 }, (_, index) => index + 1);
    expect([...revisions].sort()).toEqual(names.map((name) => [name, expected]));
  });

  it.each([
    ['events', { batchEvents: 3 }],
    // Of 2 bytes each: `ä` is one character, of which a string's length says no more.
    ['bytes', { batchBytes: 4_200 }],
  ])(
    'is published with the next batch where the %s of one are used up, though nobody says so again',
    async (_, limit) => {
      const { notes, outbox } = await start(limit);
      const seven = Array.from({ length: 7 }, (__, index) => ({
        note: 'a',
        revision: index + 1,
        text: 'ä'.repeat(1_000),
      }));

      await notes.transactions.withTransaction(async () => {
        for (const note of seven) await outbox.add(create(contract, note));
      });
      await allRelayed();

      expect(await published()).toEqual(seven.map(({ revision }) => `a ${revision}`));
    },
  );

  it('carries the identity and the trail of where it was added', async () => {
    const { notes, outbox } = await start();
    const event = create(contract, { note: 'a', revision: 1, text: 'ä "quoted" \u0000 text' });

    const id = await notes.transactions.withTransaction(() => outbox.add(event, { time: new Date(0) }));
    await allRelayed();

    const [record] = await broker.read(topic());
    expect(JSON.parse(String(record?.value))).toEqual({ ...event });
    expect(String(record?.key)).toBe('a');
    expect(Object.entries(record?.headers ?? {}).map(([name, value]) => [name, String(value)])).toEqual([
      ['ce_specversion', '1.0'],
      ['ce_id', id],
      ['ce_type', topic()],
      ['ce_source', `/${service}`],
      ['ce_time', '1970-01-01T00:00:00.000Z'],
      ['content-type', 'application/json'],
      ['traceparent', expect.stringMatching(/^00-/)],
      ['correlation-id', expect.any(String)],
    ]);
  });
});

/** Also those of transactions that are not committed. */
async function positionsTaken(): Promise<number> {
  const [row] = await database.query<{ n: number }>(
    `select coalesce(pg_sequence_last_value(pg_get_serial_sequence('outbox', 'position')), 0)::int as n`,
  );
  return row?.n ?? -1;
}

describe('an event that the broker never takes', () => {
  const TOO_LARGE = 'x'.repeat(3_000);

  async function startWithSmallTopic(): Promise<Replica> {
    await broker.createTopic(topic(), 3, { 'max.message.bytes': '2000' });
    return start();
  }

  it('is set aside with all of its key behind it, and holds up no other', async () => {
    const { notes, health, metrics } = await startWithSmallTopic();

    await notes.write('large', TOO_LARGE);
    await notes.write('large');
    await notes.write('small');
    await eventually('it is set aside', async () => (await aside()).length > 0);
    await notes.write('large');
    await notes.write('small');
    await eventually('others are published', async () => (await waiting()) === 3);

    expect(await published()).toEqual(['small 1', 'small 2']);
    expect(await aside()).toEqual([expect.stringContaining('is too large for')]);
    await eventually('health says so', () => /1 event is set aside/.test(health.report().reasons.join()));
    expect(health.report().status).toBe('degraded');
    expect(await metrics.registry.getSingleMetric('outbox_set_aside')?.get()).toBeDefined();
    expect(await metrics.registry.metrics()).toMatch(/^outbox_set_aside 1$/m);
  });

  it('lets those behind it go once it is discarded', async () => {
    const { notes, health } = await startWithSmallTopic();
    await notes.write('large', TOO_LARGE);
    await notes.write('large');
    await eventually('it is set aside', async () => (await aside()).length > 0);

    await database.query('delete from outbox where set_aside_at is not null');
    await database.query('notify fieldguide_outbox');
    await allRelayed();

    expect(await published()).toEqual(['large 2']);
    await eventually('health is well', () => health.report().status === 'ok');
  });

  it('is refused at once where it is known what its topic takes, and nothing is stored', async () => {
    const { notes } = await startWithSmallTopic();
    await notes.write('small');
    await allRelayed();

    const refused = notes.write('large', TOO_LARGE);

    await expect(refused).rejects.toBeInstanceOf(NotPublishedError);
    expect(await database.query('select note from notes')).toEqual([{ note: 'small' }]);
  });

  const aside = async (): Promise<string[]> =>
    (await database.query<{ problem: string }>('select problem from outbox where set_aside_at is not null')).map(
      ({ problem }) => problem,
    );
});

describe('of two replicas', () => {
  it('one relays, woken by the other', async () => {
    const first = await startProcess();
    await eventually('it relays', () => first.relays);
    const second = await start();

    await second.notes.write('a');
    await allRelayed();

    expect(await published()).toEqual(['a 1']);
    expect(await second.metrics.registry.metrics()).toMatch(/^outbox_relay_active 0$/m);
  });

  it('the other goes on at once where the one that relays is killed', async () => {
    const first = await startProcess();
    await eventually('it relays', () => first.relays);
    const second = await startProcess();

    await first.kill();
    await second.write('a');
    await allRelayed();

    expect(second.relays).toBe(true);
    expect(await published()).toEqual(['a 1']);
  });

  it('the other goes on where the one that relays is frozen, which does not disturb it when it wakes up', async () => {
    const first = await startProcess({ silentMs: 1_500 });
    await eventually('it relays', () => first.relays);
    const second = await startProcess({ silentMs: 1_500 });

    first.freeze();
    await second.write('a');
    await allRelayed();
    first.thaw();
    await first.write('b');
    await allRelayed();

    expect((await published()).sort()).toEqual(['a 1', 'b 1']);
    expect(second.relays).toBe(true);
  });

  it('the other takes the place of one that stops, which has published what it had', async () => {
    const first = await startProcess();
    await eventually('it relays', () => first.relays);
    const second = await startProcess();

    await first.write('a');
    await first.stop();
    await second.write('b');
    await allRelayed();

    expect((await published()).sort()).toEqual(['a 1', 'b 1']);
  });
});

describe('a relay', () => {
  it('leaves no connection behind, not even where its metrics are asked for once more', async () => {
    const connections = (): Promise<{ n: number }[]> =>
      database.query(`select count(*)::int as n from pg_stat_activity
        where datname = current_database() and application_name = 'outbox'`);
    const replica = await start();
    running.splice(0);
    await replica.notes.write('a');
    await allRelayed();
    expect(await connections()).toEqual([{ n: 2 }]);

    await replica.stop();
    expect(await replica.metrics.registry.getSingleMetricAsString('outbox_waiting')).toMatch(/outbox_waiting nan/i);

    await eventually('nothing is connected', async () => (await connections())[0]?.n === 0);
  });

  it('goes on where its connection to PostgreSQL is ended', async () => {
    const { notes, health } = await start();
    await notes.write('a');
    await allRelayed();

    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and application_name = 'outbox'`,
    );
    await notes.write('b');
    await allRelayed();

    expect((await published()).sort()).toEqual(['a 1', 'b 1']);
    await eventually('health is well', () => health.report().status === 'ok');
  });

  it('publishes what was added while no broker was there, in its order', async () => {
    const own = await startOwnBroker();
    running.push({ stop: () => own.remove() });
    const outside = await new BrokerUnderTest([own.kafka]).connect();
    running.unshift({ stop: () => outside.admin.disconnect() });
    const { notes, health } = await start({ batchEvents: 3 }, [own.kafka]);
    await notes.write('a');
    await allRelayed();

    await own.kill();
    for (let revision = 2; revision <= 10; revision++) await notes.write('a');
    await eventually('health says so', () => health.report().reasons.some((reason) => reason.startsWith('outbox: ')));
    await own.start();
    await allRelayed();

    const told = await published(outside);
    expect([...new Set(told)]).toEqual(Array.from({ length: 10 }, (_, index) => `a ${index + 1}`));
    await eventually('health is well', () => health.report().status === 'ok');
  });

  it('waits for a topic that is gone, and goes on with others', async () => {
    // With more in a batch, others would come along in that of the one that fails.
    const { notes } = await start({ batchEvents: 1 });
    await notes.write('a');
    await allRelayed();

    await database.query(
      `insert into outbox (id, topic, key, value, headers) values ('x', '${service}.nothing.v1', 'a', '{}', '{}')`,
    );
    await notes.write('b');
    await eventually('others are published', async () => (await waiting()) === 1);
    await broker.createTopic(`${service}.nothing.v1`, 1);
    await allRelayed();

    expect(await broker.read(`${service}.nothing.v1`)).toHaveLength(1);
  });

  it('removes what was published long ago, and nothing else', async () => {
    await database.query(
      `insert into outbox (id, topic, key, value, headers, sent_at)
       select 'old', 't', 'k', '{}', '{}', now() - interval '2 days' from generate_series(1, 1200)`,
    );
    await database.query(
      `insert into outbox (id, topic, key, value, headers, sent_at) values ('young', 't', 'k', '{}', '{}', now())`,
    );

    await start();
    await eventually('the old ones are gone', async () => (await left()).length === 1);

    expect(await left()).toEqual(['young']);
  });

  const left = async (): Promise<string[]> =>
    (await database.query<{ id: string }>('select id from outbox')).map(({ id }) => id);

  it('does not start without its table, and says what to do', async () => {
    await database.query('drop table outbox');

    await expect(start()).rejects.toThrow(
      /^The database fieldguide_test_\w+ has no table outbox: add sql\/outbox.sql of @fieldguide\/outbox to the migrations/,
    );
  });
});
