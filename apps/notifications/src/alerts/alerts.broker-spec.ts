import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DeadLetterReceived, DependencyDownError, KafkaMetrics, UnrecoverableError } from '@fieldguide/kafka';
import { DatabaseModule } from '@fieldguide/service-kit';
import { eventually, type ScratchDatabase, scratchDatabase } from '@fieldguide/service-kit/testing';
import { Global, type INestApplicationContext, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Config } from '../config.js';
import { MailServer, type OutgoingMail } from '../mail-server/mail-server.js';
import { AlertRounds } from './alert-rounds.js';
import { AlertsModule } from './alerts.module.js';
import { AlertsRepository } from './alerts.repository.js';
import { AlertsService } from './alerts.service.js';

const ADDRESS = 'operator@shop.example';

/** Takes mails when it is told to. */
class FakeMailServer implements Pick<MailServer, 'send'> {
  readonly taken: OutgoingMail[] = [];
  tries = 0;
  answer = (_: OutgoingMail): Promise<void> => Promise.resolve();

  async send(mail: OutgoingMail): Promise<void> {
    this.tries++;
    await this.answer(mail);
    this.taken.push(mail);
  }

  get subjects(): string[] {
    return this.taken.map(({ subject }) => subject).sort();
  }
}

/** What is global in a service. */
@Global()
@Module({
  providers: [KafkaMetrics, { provide: Config, useValue: { operatorEmail: ADDRESS, operatorMailIntervalMs: 60_000 } }],
  exports: [KafkaMetrics, Config],
})
class ServiceModule {}

let scratch: ScratchDatabase;
let server: FakeMailServer;
/** Two replicas on one database. */
let replicas: INestApplicationContext[];
let one: AlertsService;
let two: AlertsService;
let heard = 0;

const letter = (facts: Partial<DeadLetterReceived> = {}): DeadLetterReceived =>
  Object.assign(new DeadLetterReceived(), {
    service: 'billing',
    id: `0/${heard++}`,
    at: new Date(),
    topic: 'orders.order-placed.v1',
    partition: 0,
    offset: 7n,
    handler: 'Charge.handle',
    attempts: 6,
    redrives: 0,
    code: 'NO_PRICE',
    message: 'no price for tea',
    key: null,
    value: Buffer.from('{"card":"secret"}'),
    ...facts,
  });

/** @param looks for what is due by itself; else when the spec says so */
async function startReplica(looks = false): Promise<INestApplicationContext> {
  const database = DatabaseModule.forService(
    { migrations: new URL('../../migrations', import.meta.url) },
    { inject: [], useFactory: () => ({ url: scratch.url }) },
  );
  const building = Test.createTestingModule({ imports: [database, ServiceModule, AlertsModule] })
    .overrideProvider(MailServer)
    .useValue(server)
    .setLogger(false as never);
  if (!looks) building.overrideProvider(AlertRounds).useValue({});
  return (await building.compile()).init();
}

/** As if that time had gone by. */
const pass = (interval: string) =>
  scratch.query('update alerts set next_mail_at = next_mail_at - $1::interval', [interval]);

const both = () => Promise.all([one, two, one, two].map((service) => service.mailWhatIsDue()));

beforeEach(async () => {
  scratch = await scratchDatabase();
  server = new FakeMailServer();
  replicas = await Promise.all([startReplica(), startReplica()]);
  [one, two] = replicas.map((replica) => replica.get(AlertsService)) as [AlertsService, AlertsService];
});
afterEach(async () => {
  await Promise.all(replicas.map((replica) => replica.close()));
  await scratch.drop();
});

describe('the first dead letter of a cause', () => {
  it('is mailed to the operator, once, by one of all replicas that look', async () => {
    await one.hear(letter());

    await both();

    expect(server.taken).toEqual([
      {
        address: ADDRESS,
        subject: 'billing: 1 dead letter, NO_PRICE',
        text: expect.stringContaining('no price for tea'),
        messageId: expect.stringMatching(/^[0-9a-f-]{36}\.alert@fieldguide\.example$/),
      },
    ]);
    expect(server.taken[0]?.text).not.toContain('secret');
  });

  it('is mailed although another cause was a moment ago: a cause is a service, a code and a topic', async () => {
    await one.hear(letter());
    await both();

    await one.hear(letter({ service: 'orders' }));
    await one.hear(letter({ code: 'NO_STOCK' }));
    await two.hear(letter({ topic: 'billing.quote-price.v1' }));
    await both();

    expect(server.subjects).toEqual([
      'billing: 1 dead letter, NO_PRICE',
      'billing: 1 dead letter, NO_PRICE',
      'billing: 1 dead letter, NO_STOCK',
      'orders: 1 dead letter, NO_PRICE',
    ]);
  });
});

describe('dead letters of a cause that was mailed', () => {
  beforeEach(async () => {
    await one.hear(letter());
    await both();
    server.taken.length = 0;
    await Promise.all([one, two, one].map((service) => service.hear(letter())));
  });

  it('are held back until the interval is over, and then told in one mail, though no other comes', async () => {
    await pass('59 seconds');
    await both();
    expect(server.subjects).toEqual([]);

    await pass('1 second');
    await both();
    await pass('10 minutes');
    await both();

    expect(server.subjects).toEqual(['billing: 3 dead letters, NO_PRICE']);
    expect(server.taken[0]?.text).toContain('And 2 more since ');
  });

  it('are told by others where the replicas that heard them are gone', async () => {
    await Promise.all(replicas.map((replica) => replica.close()));
    replicas = [await startReplica()];

    await pass('1 minute');
    await replicas[0]?.get(AlertsService).mailWhatIsDue();

    expect(server.subjects).toEqual(['billing: 3 dead letters, NO_PRICE']);
  });
});

describe('a dead letter that is heard of again', () => {
  it('is told once', async () => {
    const same = letter();
    await one.hear(same);
    await two.hear(same);
    await both();
    await one.hear(same);

    await pass('1 minute');
    await both();

    expect(server.subjects).toEqual(['billing: 1 dead letter, NO_PRICE']);
  });

  it('is another one where its topic was made anew', async () => {
    const same = letter();
    await one.hear(same);

    await one.hear(letter({ id: same.id, at: new Date(same.at.getTime() + 1) }));
    await both();

    expect(server.subjects).toEqual(['billing: 2 dead letters, NO_PRICE']);
  });
});

describe('dead letters of days before a first deploy', () => {
  it('are counted and not mailed', async () => {
    await one.hear(letter({ at: new Date(Date.now() - 21 * 86_400_000) }));
    await one.hear(letter());
    await both();

    expect(server.subjects).toEqual(['billing: 1 dead letter, NO_PRICE']);
    const counts = await replicas[0]?.get(KafkaMetrics).registry.getSingleMetricAsString('dead_letters_heard_total');
    expect(counts).toContain('dead_letters_heard_total{service="billing",outcome="too-old"} 1');
    expect(counts).toContain('dead_letters_heard_total{service="billing",outcome="kept"} 1');
  });
});

describe('a cause that was mailed days ago', () => {
  it('is forgotten with the next mail, whatever its code was', async () => {
    await one.hear(letter({ code: 'ORDER_7' }));
    await both();
    await pass('3 days');
    await one.hear(letter());
    await both();

    expect(await scratch.query('select code from alerts')).toEqual([{ code: 'NO_PRICE' }]);
  });
});

describe('a mail server that is down', () => {
  it('loses nothing: what it did not take is told with what came since, an interval later', async () => {
    server.answer = () => Promise.reject(new DependencyDownError('the mail server'));
    await one.hear(letter());
    await one.hear(letter({ code: 'NO_STOCK' }));
    await expect(one.mailWhatIsDue()).rejects.toThrow(DependencyDownError);
    expect(server.tries).toBe(1);
    await two.mailWhatIsDue().catch(() => undefined);
    await both();
    expect(server.tries).toBe(2);

    server.answer = () => Promise.resolve();
    await two.hear(letter());
    await both();
    expect(server.subjects).toEqual([]);
    await pass('1 minute');
    await both();

    expect(server.subjects).toEqual(['billing: 1 dead letter, NO_STOCK', 'billing: 2 dead letters, NO_PRICE']);
  });
});

describe('a mail that is refused for good', () => {
  it('keeps no other back', async () => {
    server.answer = ({ subject }) =>
      subject.includes('NO_PRICE') ? Promise.reject(new UnrecoverableError('refused')) : Promise.resolve();
    for (const code of ['A', 'NO_PRICE', 'Z']) await one.hear(letter({ code }));

    await expect(one.mailWhatIsDue()).rejects.toThrow('refused');

    expect(server.subjects).toEqual(['billing: 1 dead letter, A', 'billing: 1 dead letter, Z']);
  });
});

describe('a replica that is killed', () => {
  const repositoryOf = (index: number): AlertsRepository =>
    (replicas[index] as INestApplicationContext).get(AlertsRepository);
  const cause = { service: 'billing', code: 'NO_PRICE', topic: 'orders.order-placed.v1' };

  it('before its mail is out holds it up for an interval', async () => {
    await one.hear(letter());
    await repositoryOf(0).take(cause, 60_000);

    await two.mailWhatIsDue();
    expect(server.subjects).toEqual([]);
    await pass('1 minute');
    await two.mailWhatIsDue();

    expect(server.subjects).toEqual(['billing: 1 dead letter, NO_PRICE']);
  });

  it('after its mail is out has it told once more, and not within the interval', async () => {
    jest.spyOn(repositoryOf(0), 'noteTold').mockRejectedValueOnce(new Error('The database does not answer.'));
    await one.hear(letter());
    await expect(one.mailWhatIsDue()).rejects.toThrow('The database does not answer.');

    await two.hear(letter());
    await both();
    expect(server.taken).toHaveLength(1);
    await pass('1 minute');
    await both();
    await pass('1 minute');
    await both();

    expect(server.subjects).toEqual(['billing: 1 dead letter, NO_PRICE', 'billing: 2 dead letters, NO_PRICE']);
  });
});

describe('a burst of 10 000 dead letters of one cause', () => {
  it('is told in two mails, whoever looks meanwhile', async () => {
    const letters = Array.from({ length: 10_000 }, () => letter());
    const lane = async (service: AlertsService): Promise<void> => {
      for (let next = letters.pop(); next; next = letters.pop()) {
        await service.hear(next);
        if (letters.length % 500 === 0) await service.mailWhatIsDue();
      }
    };

    // As many as a replica has lanes for two topics of six partitions.
    await Promise.all(Array.from({ length: 12 }, (_, index) => lane(index % 2 ? one : two)));
    await pass('1 minute');
    await both();

    const counts = server.taken.map(({ subject }) => Number(/: (\d+) dead letters?,/.exec(subject)?.[1]));
    expect(counts).toHaveLength(2);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(10_000);
  });
});

describe('a service that runs', () => {
  it('looks for what is due by itself, again and again', async () => {
    replicas.push(await startReplica(true));

    await one.hear(letter());
    await eventually(() => expect(server.taken).toHaveLength(1));
    await one.hear(letter());
    await pass('1 minute');
    await eventually(() => expect(server.taken).toHaveLength(2));
  });

  it('goes on looking after a failure', async () => {
    replicas.push(await startReplica(true));
    server.answer = () => Promise.reject(new DependencyDownError('the mail server'));
    await one.hear(letter());
    await eventually(() => expect(server.tries).toBe(1));

    server.answer = () => Promise.resolve();
    await pass('1 minute');

    await eventually(() => expect(server.taken).toHaveLength(1));
  });
});
