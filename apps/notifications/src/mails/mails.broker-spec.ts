import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DependencyDownError } from '@fieldguide/kafka';
import { whileHandling } from '@fieldguide/kafka/testing';
import { unrelayedOutbox } from '@fieldguide/outbox/testing';
import { DatabaseModule } from '@fieldguide/service-kit';
import { eventually, type ScratchDatabase, scratchDatabase } from '@fieldguide/service-kit/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { MailServer, type OutgoingMail } from '../mail-server/mail-server.js';
import type { Mail, MailKind } from './mail.js';
import { MailsModule } from './mails.module.js';
import { MailsRepository } from './mails.repository.js';
import { MailsService } from './mails.service.js';

/** Takes mails when it is told to. */
class FakeMailServer implements Pick<MailServer, 'send'> {
  readonly taken: OutgoingMail[] = [];
  readonly tries: OutgoingMail[] = [];
  answer = (): Promise<void> => Promise.resolve();

  async send(mail: OutgoingMail): Promise<void> {
    this.tries.push(mail);
    await this.answer();
    this.taken.push(mail);
  }

  get ids(): string[] {
    return this.taken.map(({ messageId }) => messageId).sort();
  }
}

const ADDRESS = 'ada@customers.example';
const never = new AbortController().signal;

let scratch: ScratchDatabase;
let server: FakeMailServer;
/** Two replicas on one database. */
let replicas: INestApplicationContext[];
let one: MailsService;
let two: MailsService;
let orderId: string;

const mail = (kind: MailKind, of = orderId): Mail => ({ orderId: of, kind, subject: kind, body: kind });
const id = (kind: MailKind, of = orderId): string => `${of}.${kind}@fieldguide.example`;
const placed = (service: MailsService, of = orderId) =>
  whileHandling(`placed ${of}`, () => service.sendTo(ADDRESS, mail('order-received', of), never));
const paid = (service: MailsService, of = orderId) =>
  whileHandling(`paid ${of}`, () => service.send(mail('payment-captured', of), never));

async function startReplica(): Promise<INestApplicationContext> {
  const database = DatabaseModule.forService(
    { migrations: new URL('../../migrations', import.meta.url) },
    { inject: [], useFactory: () => ({ url: scratch.url }) },
  );
  const module = await Test.createTestingModule({ imports: [database, unrelayedOutbox('notifications'), MailsModule] })
    .overrideProvider(MailServer)
    .useValue(server)
    .setLogger(false as never)
    .compile();
  return module.init();
}

beforeEach(async () => {
  scratch = await scratchDatabase();
  server = new FakeMailServer();
  orderId = randomUUID();
  replicas = await Promise.all([startReplica(), startReplica()]);
  [one, two] = replicas.map((replica) => replica.get(MailsService)) as [MailsService, MailsService];
});
afterEach(async () => {
  await Promise.all(replicas.map((replica) => replica.close()));
  await scratch.drop();
});

describe('the news of an order', () => {
  it('sends one mail, however often it is heard', async () => {
    await placed(one);
    await placed(two);
    await placed(one);

    expect(server.taken).toEqual([
      { address: ADDRESS, subject: 'order-received', text: 'order-received', messageId: id('order-received') },
    ]);
  });

  it('sends one mail when two replicas hear it at once, and neither is done before it is sent', async () => {
    let finish = (): void => undefined;
    server.answer = () => new Promise((resolve) => (finish = resolve));
    let done = 0;

    const both = [placed(one), placed(two)].map((handled) => handled.then(() => done++));
    await eventually(() => expect(server.tries).toHaveLength(1));
    await eventually(async () => expect(await leases()).toBe(1));
    expect(done).toBe(0);
    finish();
    await Promise.all(both);

    expect(server.tries).toHaveLength(1);
  });
});

describe('the news of a payment', () => {
  it('that comes before the order is kept, and its mail sent once the address is known', async () => {
    await paid(one);
    expect(server.taken).toEqual([]);

    await placed(two);

    expect(server.ids).toEqual([id('order-received'), id('payment-captured')]);
    expect(new Set(server.taken.map(({ address }) => address))).toEqual(new Set([ADDRESS]));
  });

  it('that comes side by side with the order loses no mail and doubles none', async () => {
    const orders = Array.from({ length: 40 }, () => randomUUID());

    await Promise.all(orders.flatMap((order) => [paid(one, order), placed(two, order)]));

    const expected = orders.flatMap((order) => [id('order-received', order), id('payment-captured', order)]);
    expect(server.ids).toEqual(expected.sort());
  });

  it('is not lost where the order is heard of in the middle of it', async () => {
    before(one, 'owe', () => placed(two));
    await paid(one);

    expect(server.ids).toEqual([id('order-received'), id('payment-captured')]);
  });

  it('is not lost where it comes in the middle of the news of the order', async () => {
    before(two, 'rememberRecipient', () => paid(one));
    await placed(two);

    expect(server.ids).toEqual([id('order-received'), id('payment-captured')]);
  });

  it('that is heard again after its mail is sent sends nothing', async () => {
    await placed(one);
    await paid(one);
    await Promise.all([paid(one), paid(two), placed(two)]);

    expect(server.ids).toEqual([id('order-received'), id('payment-captured')]);
  });
});

describe('a replica that was killed while sending', () => {
  beforeEach(async () => {
    server.answer = () => Promise.reject(new DependencyDownError('the mail server'));
    await placed(one).catch(() => undefined);
    server.answer = () => Promise.resolve();
  });
  const leaseFor = (interval: string) =>
    scratch.query(`update mails set lease = gen_random_uuid(), leased_until = now() + $1::interval`, [interval]);

  it('holds the mail up until its lease has run out, and then another sends it', async () => {
    await leaseFor('700 milliseconds');
    const begun = Date.now();

    await placed(two);

    expect(Date.now() - begun).toBeGreaterThan(500);
    expect(server.ids).toEqual([id('order-received')]);
  });

  it('is waited for only until the partition is lost', async () => {
    await leaseFor('1 minute');
    const partition = new AbortController();

    const handled = whileHandling('placed', () => two.sendTo(ADDRESS, mail('order-received'), partition.signal));
    partition.abort(new Error('the partition is lost'));

    await expect(handled).rejects.toMatchObject({ name: 'AbortError' });
    expect(server.taken).toEqual([]);
  });
});

describe('a mail that could not be sent', () => {
  it('is free for others at once, and stays owed', async () => {
    server.answer = () => Promise.reject(new DependencyDownError('the mail server'));
    await expect(placed(one)).rejects.toThrow(DependencyDownError);
    expect(await leases()).toBe(0);

    server.answer = () => Promise.resolve();
    await placed(two);

    expect(server.ids).toEqual([id('order-received')]);
  });
});

describe('a mail that was sent while the database was away', () => {
  it('is marked at the next try and not sent again', async () => {
    jest.spyOn(repositoryOf(one), 'markSent').mockRejectedValueOnce(new Error('The database does not answer.'));
    await expect(placed(one)).rejects.toThrow('The database does not answer.');

    await placed(one);
    await placed(two);

    expect(server.ids).toEqual([id('order-received')]);
  });
});

/** Lets something else happen before a replica takes a step. */
function before(service: MailsService, step: 'owe' | 'rememberRecipient', happens: () => Promise<void>): void {
  const repository = repositoryOf(service);
  const take = repository[step].bind(repository) as (...parameters: unknown[]) => Promise<void>;
  jest.spyOn(repository, step).mockImplementationOnce(async (...parameters: unknown[]) => {
    await happens();
    await take(...parameters);
  });
}

const repositoryOf = (service: MailsService): MailsRepository => {
  const replica = replicas.find((candidate) => candidate.get(MailsService) === service);
  return (replica as INestApplicationContext).get(MailsRepository);
};

const leases = async (): Promise<number> =>
  (await scratch.query('select 1 from mails where leased_until > now()')).length;
