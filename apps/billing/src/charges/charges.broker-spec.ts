import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OrderPlaced } from '@fieldguide/contracts';
import { create, EventPublisher, OutcomeUnknownError } from '@fieldguide/kafka';
import { DatabaseModule } from '@fieldguide/service-kit';
import { eventually, type ScratchDatabase, scratchDatabase } from '@fieldguide/service-kit/testing';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Config } from '../config.js';
import type { Charge, Decision } from './charge.js';
import { ChargesModule } from './charges.module.js';
import { ChargesService } from './charges.service.js';
import { PaymentProvider, PaymentProviderError } from './payment-provider.js';

interface Said {
  readonly event: object;
  readonly id: string;
  readonly time: Date;
}

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

class Publisher {
  readonly said: Said[] = [];
  answer: () => Promise<void> = () => Promise.resolve();

  async publish(event: object, { id, time }: Omit<Said, 'event'>): Promise<void> {
    await this.answer();
    this.said.push({ event, id, time });
  }
}

let scratch: ScratchDatabase;
let provider: Provider;
let publisher: Publisher;
let replicas: INestApplicationContext[];
let one: ChargesService;
let two: ChargesService;

async function startReplica(): Promise<INestApplicationContext> {
  const database = DatabaseModule.forService(
    { migrations: new URL('../../migrations', import.meta.url) },
    { inject: [], useFactory: () => ({ url: scratch.url }) },
  );
  @Module({
    providers: [
      { provide: EventPublisher, useValue: publisher },
      { provide: Config, useValue: {} },
    ],
    exports: [EventPublisher, Config],
  })
  class Parts {}
  const module = await Test.createTestingModule({
    imports: [{ module: Parts, global: true }, database, ChargesModule],
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
const rows = () => scratch.query('select order_id, status, said_at is not null as said from charges');

beforeEach(async () => {
  scratch = await scratchDatabase();
  [provider, publisher] = [new Provider(), new Publisher()];
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

    await one.charge(order);

    const { orderId, total: amount } = order;
    expect(publisher.said.map(({ event }) => ({ ...event }))).toEqual([{ orderId, amount, paymentId: 'pay_0' }]);
    expect(await rows()).toEqual([{ order_id: orderId, status: 'captured', said: true }]);
  });

  it('whose card is declined is not charged, and that is said', async () => {
    const order = orderOf('tok_declined');

    await one.charge(order);

    expect(publisher.said.map(({ event }) => ({ ...event }))).toEqual([
      { orderId: order.orderId, reason: 'card declined' },
    ]);
  });

  it('and comes again is said again under the same identity, and charged no second time', async () => {
    const order = orderOf('tok_visa');
    await one.charge(order);

    await two.charge(order);

    const [first, again] = publisher.said;
    expect(first).toMatchObject({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), time: expect.any(Date) });
    expect(again).toEqual(first);
    expect(provider.asked).toBe(1);
    expect(await rows()).toHaveLength(1);
  });

  it('and reaches two replicas at once is one charge, said twice as the same', async () => {
    const order = orderOf('tok_visa');
    let answerLast = (): void => undefined;
    provider.answer = (decision) =>
      provider.asked < 2
        ? eventually(() => expect(provider.asked).toBe(2)).then(() => decision)
        : new Promise((resolve) => (answerLast = () => resolve(decision)));

    const both = [one.charge(order), two.charge(order)];
    await Promise.race(both);
    answerLast();
    await Promise.all(both);

    expect(await rows()).toHaveLength(1);
    expect(publisher.said[1]).toEqual(publisher.said[0]);
    expect(publisher.said).toHaveLength(2);
  });
});

describe('a replica that is killed', () => {
  it('before the answer of the payment provider is stored: the next one asks again and stores it', async () => {
    const order = orderOf('tok_visa');
    provider.answer = () => Promise.reject(new PaymentProviderError('killed'));
    await expect(one.charge(order)).rejects.toThrow('killed');
    expect(await rows()).toEqual([{ order_id: order.orderId, status: 'pending', said: false }]);
    provider.answer = (decision) => Promise.resolve(decision);

    await two.charge(order);

    expect(provider.booked.size).toBe(1);
    expect(publisher.said.map(({ event }) => event)).toMatchObject([{ paymentId: 'pay_0' }]);
  });

  it('between the charge and the news: the next one says it and does not charge', async () => {
    const order = orderOf('tok_visa');
    publisher.answer = () => Promise.reject(new OutcomeUnknownError('killed'));
    await expect(one.charge(order)).rejects.toThrow('killed');
    expect(await rows()).toEqual([{ order_id: order.orderId, status: 'captured', said: false }]);
    publisher.answer = () => Promise.resolve();

    await two.charge(order);

    expect(provider.asked).toBe(1);
    expect(publisher.said).toHaveLength(1);
    expect(await rows()).toEqual([{ order_id: order.orderId, status: 'captured', said: true }]);
  });
});
