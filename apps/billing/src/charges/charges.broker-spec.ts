import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OrderPlaced } from '@fieldguide/contracts';
import { create } from '@fieldguide/kafka';
import { whileHandling } from '@fieldguide/kafka/testing';
import { toldIn, unrelayedOutbox } from '@fieldguide/outbox/testing';
import { DatabaseModule } from '@fieldguide/service-kit';
import { eventually, type ScratchDatabase, scratchDatabase } from '@fieldguide/service-kit/testing';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Config } from '../config.js';
import type { Charge, Decision } from './charge.js';
import { ChargesModule } from './charges.module.js';
import { ChargesService } from './charges.service.js';
import { PaymentProvider, PaymentProviderError } from './payment-provider.js';

/** Books once a key, as the real one does. */
class Provider {
  asked = 0;
  readonly booked = new Map<string, Decision>();
  answer: (decision: Decision) => Promise<Decision> = (decision) => Promise.resolve(decision);

  async charge({ orderId }: Charge, card: string): Promise<Decision> {
    this.asked += 1;
    const decision: Decision =
      card === 'tok_declined'
        ? { status: 'declined', reason: 'card declined' }
        : { status: 'captured', paymentId: `pay_${this.booked.size}` };
    if (!this.booked.has(orderId)) this.booked.set(orderId, decision);
    return this.answer(this.booked.get(orderId) ?? decision);
  }
}

let scratch: ScratchDatabase;
let provider: Provider;
let replicas: INestApplicationContext[];
let one: ChargesService;
let two: ChargesService;

async function startReplica(): Promise<INestApplicationContext> {
  const database = DatabaseModule.forService(
    { migrations: new URL('../../migrations', import.meta.url) },
    { inject: [], useFactory: () => ({ url: scratch.url }) },
  );
  @Module({
    providers: [{ provide: Config, useValue: {} }],
    exports: [Config],
  })
  class Parts {}
  const module = await Test.createTestingModule({
    imports: [{ module: Parts, global: true }, database, unrelayedOutbox('billing'), ChargesModule],
  })
    .overrideProvider(PaymentProvider)
    .useValue(provider)
    .compile();
  return module.init();
}

const orderOf = (card: string): OrderPlaced =>
  create(OrderPlaced, {
    orderId: randomUUID(),
    customerEmail: 'ada@customers.example',
    card,
    lines: [{ sku: 'tea', quantity: 2 }],
    total: { cents: 990, currency: 'EUR' },
  });
const charge = (replica: ChargesService, order: OrderPlaced): Promise<void> =>
  whileHandling(order.orderId, () => replica.charge(order));
const rows = () => scratch.query('select order_id, status from charges');
const events = async () => (await toldIn(scratch)).map(({ event }) => event);

beforeEach(async () => {
  scratch = await scratchDatabase();
  provider = new Provider();
  replicas = await Promise.all([startReplica(), startReplica()]);
  [one, two] = replicas.map((replica) => replica.get(ChargesService)) as [ChargesService, ChargesService];
});
afterEach(async () => {
  await Promise.all(replicas.map((replica) => replica.close()));
  await scratch.drop();
});

describe('an order that was placed', () => {
  it('is charged, and that is said', async () => {
    const order = orderOf('tok_visa');

    await charge(one, order);

    const { orderId, total: amount } = order;
    expect(await events()).toEqual([{ orderId, amount, paymentId: 'pay_0' }]);
    expect(await rows()).toEqual([{ order_id: orderId, status: 'captured' }]);
  });

  it('whose card is declined is not charged, and that is said', async () => {
    const order = orderOf('tok_declined');

    await charge(one, order);

    expect(await events()).toEqual([{ orderId: order.orderId, reason: 'card declined' }]);
  });

  it('and comes again is neither charged nor said a second time', async () => {
    const order = orderOf('tok_visa');
    await charge(one, order);

    await charge(two, order);

    expect(await events()).toHaveLength(1);
    expect(provider.asked).toBe(1);
    expect(await rows()).toHaveLength(1);
  });

  it('and reaches two replicas at once is one charge, said once', async () => {
    const order = orderOf('tok_visa');
    let answerLast = (): void => undefined;
    provider.answer = (decision) =>
      provider.asked < 2
        ? eventually(() => expect(provider.asked).toBe(2)).then(() => decision)
        : new Promise((resolve) => (answerLast = () => resolve(decision)));

    const both = [charge(one, order), charge(two, order)];
    await Promise.race(both);
    answerLast();
    await Promise.all(both);

    expect(await rows()).toHaveLength(1);
    expect(await events()).toHaveLength(1);
  });
});

describe('a replica that is killed', () => {
  it('before the answer of the payment provider is stored: the next one asks again and stores it', async () => {
    const order = orderOf('tok_visa');
    provider.answer = () => Promise.reject(new PaymentProviderError('killed'));
    await expect(charge(one, order)).rejects.toThrow('killed');
    expect(await rows()).toEqual([{ order_id: order.orderId, status: 'pending' }]);
    provider.answer = (decision) => Promise.resolve(decision);

    await charge(two, order);

    expect(provider.booked.size).toBe(1);
    expect(await events()).toMatchObject([{ paymentId: 'pay_0' }]);
  });

  it('before the news is stored: the decision is not stored either, and the next one stores both', async () => {
    const order = orderOf('tok_visa');
    await scratch.query('alter table outbox rename to elsewhere');
    await expect(charge(one, order)).rejects.toThrow('outbox');
    expect(await rows()).toEqual([{ order_id: order.orderId, status: 'pending' }]);
    await scratch.query('alter table elsewhere rename to outbox');

    await charge(two, order);

    expect(provider.booked.size).toBe(1);
    expect(await events()).toHaveLength(1);
    expect(await rows()).toEqual([{ order_id: order.orderId, status: 'captured' }]);
  });
});
