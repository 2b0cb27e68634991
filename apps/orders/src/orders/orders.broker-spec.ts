import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Quote, type QuotePrice } from '@fieldguide/contracts';
import {
  AskTimeoutError,
  create,
  OutcomeUnknownError,
  Requester,
  RequestFailedError,
  UnrecoverableError,
} from '@fieldguide/kafka';
import { toldIn, unrelayedOutbox } from '@fieldguide/outbox/testing';
import { DatabaseModule, HttpApiModule } from '@fieldguide/service-kit';
import { eventually, type ScratchDatabase, scratchDatabase } from '@fieldguide/service-kit/testing';
import { type INestApplication, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { OrdersModule } from './orders.module.js';
import { OrdersService } from './orders.service.js';

const BODY = { customerEmail: 'ada@customers.example', card: 'tok_visa', lines: [{ sku: 'tea', quantity: 2 }] };
const TOTAL = { cents: 990, currency: 'EUR' };

/** Billing, as far as orders sees it. */
const outside = {
  asked: 0,
  quote: (): Promise<void> => Promise.resolve(),

  async ask({ lines }: QuotePrice): Promise<Quote> {
    outside.asked += 1;
    await outside.quote();
    return create(Quote, { lines: lines.map((line) => ({ ...line, price: TOTAL })), total: TOTAL });
  },
};

@Module({
  providers: [{ provide: Requester, useValue: outside }],
  exports: [Requester],
})
class Outside {}

let scratch: ScratchDatabase;
const replicas: { app: INestApplication; url: string; orders: OrdersService }[] = [];

async function startReplica(): Promise<void> {
  const database = DatabaseModule.forService(
    { migrations: new URL('../../migrations', import.meta.url) },
    { inject: [], useFactory: () => ({ url: scratch.url }) },
  );
  const imports = [{ module: Outside, global: true }, database, unrelayedOutbox('orders'), HttpApiModule, OrdersModule];
  const app = (await Test.createTestingModule({ imports }).compile()).createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  replicas.push({ app, url: `http://127.0.0.1:${port}/orders`, orders: app.get(OrdersService) });
}

const replica = (number: number) => {
  const found = replicas[number];
  if (!found) throw new Error(`replica ${number} does not run`);
  return found;
};

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: {
    orderId: string;
    status: string;
    message: string;
    idempotencyKey?: string;
    errors: { field: string }[];
  };
}

async function place(key?: string, body: object | string = BODY, at = 0): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(replica(at).url, { method: 'POST', headers, body: text });
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: (await response.json()) as Answer['body'],
  };
}

async function see(id: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${replica(0).url}/${id}`);
  return { status: response.status, body: await response.json() };
}

const stored = () => scratch.query<{ id: string }>('select id from orders');
const told = () => toldIn(scratch);

beforeEach(async () => {
  scratch = await scratchDatabase();
  Object.assign(outside, { asked: 0, quote: () => Promise.resolve() });
  await Promise.all([startReplica(), startReplica()]);
});
afterEach(async () => {
  await Promise.all(replicas.splice(0).map(({ app }) => app.close()));
  await scratch.drop();
});

describe('an order', () => {
  it('is stored with its price, and told', async () => {
    const { status, body } = await place();

    expect({ status, body }).toEqual({
      status: 201,
      body: { orderId: expect.any(String), status: 'placed', total: TOTAL },
    });
    expect(await told()).toEqual([
      {
        id: expect.any(String),
        topic: 'orders.order-placed.v1',
        event: { orderId: body.orderId, ...BODY, total: TOTAL },
      },
    ]);
    expect(await see(body.orderId)).toEqual({ status: 200, body });
  });

  it('that can not be told is not stored', async () => {
    await scratch.query('alter table outbox rename to elsewhere');

    expect((await place()).status).toBe(500);

    expect(await stored()).toEqual([]);
  });

  it('that nobody placed is not found, and what is no id is no order', async () => {
    expect((await see(randomUUID())).status).toBe(404);
    expect(await see('7')).toMatchObject({ status: 400, body: { errors: [{ field: 'id' }] } });
    expect((await see('%E0%A4%A')).status).toBe(400);
  });
});

describe('a request that is wrong', () => {
  it.each([
    ['{', []],
    ['{"card":"4111 1111 1111 1111"', []],
    [{}, ['card', 'customerEmail', 'lines']],
    [{ ...BODY, customerEmail: 'ada' }, ['customerEmail']],
    [{ ...BODY, card: '4111 1111 1111 1111' }, ['card']],
    [{ ...BODY, card: '4111-1111-1111-1111' }, ['card']],
    [{ ...BODY, customerEmail: '4111111111111111@customers.example' }, ['customerEmail']],
    [{ ...BODY, lines: [] }, ['lines']],
    [{ ...BODY, lines: [{ sku: '', quantity: 0.5 }] }, ['lines.0.quantity', 'lines.0.sku']],
    [
      { ...BODY, lines: [BODY.lines[0], { sku: '4111111111111111', quantity: 101 }] },
      ['lines.1.quantity', 'lines.1.sku'],
    ],
  ])('%j is refused, naming %j and no value, and stores nothing', async (wrong, fields) => {
    const { status, body } = await place(undefined, wrong);

    expect(status).toBe(400);
    expect(body.errors.map(({ field }) => field).sort()).toEqual(fields);
    expect(JSON.stringify(body)).not.toMatch(/4111/);
    expect(await stored()).toEqual([]);
    expect(outside.asked).toBe(0);
  });

  it.each(['', 'a b', 'ä', 'x'.repeat(201)])('is refused for the idempotency key %p', async (key) => {
    const { status, body } = await place(Buffer.from(key).toString('latin1'));

    expect({ status, fields: body.errors.map(({ field }) => field) }).toEqual({
      status: 400,
      fields: ['Idempotency-Key'],
    });
  });

  it('is refused for an article that billing does not know, naming it', async () => {
    outside.quote = () => Promise.reject(new RequestFailedError('UNKNOWN_SKU', 'There is no article "moon".'));

    const { status, body } = await place(undefined, { ...BODY, lines: [{ sku: 'moon', quantity: 1 }] });

    expect({ status, message: body.message }).toEqual({ status: 422, message: 'There is no article "moon".' });
    expect(await stored()).toEqual([]);
  });
});

describe('a customer to whom billing gives no price', () => {
  it.each([
    new AskTimeoutError('no reply'),
    new RequestFailedError('INTERNAL', 'failed'),
    new OutcomeUnknownError('no broker'),
  ])('may come back later, and nothing is stored: %p', async (failure) => {
    outside.quote = () => Promise.reject(failure);

    const { status, retryAfter, body } = await place('key-1');

    expect({ status, again: Number(retryAfter) > 0 }).toEqual({ status: 503, again: true });
    expect(body.idempotencyKey).toBeUndefined();
    expect(await stored()).toEqual([]);
    expect(await told()).toEqual([]);
  });
});

describe('the same key', () => {
  it('gives the same answer again, whatever became of the order', async () => {
    const first = await place('key-1');
    await replica(0).orders.markPaid(first.body.orderId);

    const again = await place('key-1', BODY, 1);

    expect(again).toEqual(first);
    expect(await told()).toHaveLength(1);
    expect(outside.asked).toBe(1);
  });

  it('with another body is refused', async () => {
    await place('key-1');

    const { status, body } = await place('key-1', { ...BODY, card: 'tok_amex' });

    expect(status).toBe(422);
    expect(body.message).toContain('key');
    expect(await stored()).toHaveLength(1);
  });

  it('at two replicas at once gives one order', async () => {
    // Both have looked for the key, in vain, before either stores.
    outside.quote = () => eventually(() => expect(outside.asked).toBe(2));

    const [one, two] = await Promise.all([place('key-1', BODY, 0), place('key-1', BODY, 1)]);

    expect([one?.status, two?.status]).toEqual([201, 201]);
    expect(one?.body).toEqual(two?.body);
    expect(await stored()).toHaveLength(1);
    expect(await told()).toHaveLength(1);
  });

  it('at two replicas at once with two bodies gives one order, and refuses the other', async () => {
    outside.quote = () => eventually(() => expect(outside.asked).toBe(2));

    const both = [place('key-1', BODY, 0), place('key-1', { ...BODY, card: 'tok_amex' }, 1)];

    expect((await Promise.all(both)).map(({ status }) => status).sort()).toEqual([201, 422]);
    expect(await stored()).toHaveLength(1);
  });
});

describe('an order of which nobody knows whether it is stored', () => {
  /** PostgreSQL commits, and its answer is lost: the connection ends while the transaction's last word is on its way. */
  async function endWhoeverCommits(): Promise<void> {
    await scratch.query(`
      create function end_it() returns trigger language plpgsql as
        'begin perform pg_terminate_backend(pg_backend_pid()); return null; end';
      create constraint trigger end_it after insert on orders deferrable initially deferred
        for each row execute function end_it()`);
  }

  it('is finished under the key that the answer names', async () => {
    await endWhoeverCommits();
    const unfinished = await place();
    expect(unfinished).toMatchObject({ status: 503, retryAfter: '5', body: { idempotencyKey: expect.any(String) } });
    await scratch.query('drop trigger end_it on orders');

    const { status, body } = await place(unfinished.body.idempotencyKey);

    expect(status).toBe(201);
    expect(await stored()).toEqual([{ id: body.orderId }]);
    expect(await told()).toMatchObject([{ event: { orderId: body.orderId } }]);
  });

  it("names the customer's own key where there is one", async () => {
    await endWhoeverCommits();

    expect((await place('key-1')).body.idempotencyKey).toBe('key-1');
  });
});

describe('the news of a payment', () => {
  const statusOf = async (id: string) => ((await see(id)).body as { status: string }).status;

  it('makes an order paid, or rejected with the reason', async () => {
    const [paid, rejected] = [(await place()).body.orderId, (await place()).body.orderId];

    await replica(0).orders.markPaid(paid);
    await replica(0).orders.reject(rejected, 'card declined');

    expect(await statusOf(paid)).toBe('paid');
    expect((await see(rejected)).body).toMatchObject({ status: 'rejected', reason: 'card declined' });
  });

  it('changes nothing when it comes again', async () => {
    const { orderId } = (await place()).body;
    await replica(0).orders.markPaid(orderId);

    await replica(1).orders.markPaid(orderId);

    expect(await statusOf(orderId)).toBe('paid');
  });

  it('can not turn what is settled, and is given up', async () => {
    const { orderId } = (await place()).body;
    await replica(0).orders.markPaid(orderId);

    await expect(replica(0).orders.reject(orderId, 'late')).rejects.toThrow(UnrecoverableError);

    expect(await statusOf(orderId)).toBe('paid');
  });

  it('about an order that is not here is tried again', async () => {
    const unknown = replica(0).orders.markPaid(randomUUID());

    await expect(unknown).rejects.toMatchObject({ code: 'UNKNOWN_ORDER' });
    await expect(unknown).rejects.not.toThrow(UnrecoverableError);
  });
});
