import { PaymentProvider } from '@fieldguide/payment-provider';
import { connectShop, type ShopControl, usualReplicas } from '@fieldguide/replicas';
import { randomUUID } from 'node:crypto';
import { Broker, header, type SeenRecord } from './broker.js';
import { eventually } from './eventually.js';
import { type Handled, readJournal } from './journal.js';

export interface OrderWish {
  readonly sku?: string;
  readonly quantity?: number;
  readonly card?: string;
  readonly email?: string;
  /** Sent as `Idempotency-Key`. */
  readonly key?: string;
  /** In place of the whole body. */
  readonly body?: unknown;
  /** Asked instead of orders-1. */
  readonly replica?: string;
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

export interface OrderAnswer {
  readonly orderId: string;
  readonly status: string;
  readonly total: { readonly cents: number; readonly currency: string };
}

export interface Mail {
  readonly id: string;
  /** Missing in one that is empty: the mail server or the sender was stopped while it was written. */
  readonly to?: readonly { readonly address: string }[];
  readonly subject: string;
  readonly text: string;
  readonly headers: { readonly date: string };
}

/** The running shop, from outside: its HTTP APIs, the two witnesses (ledger and mailbox), the broker, its processes. */
export class Shop {
  private constructor(
    readonly control: ShopControl,
    readonly broker: Broker,
    readonly provider: PaymentProvider,
  ) {}

  /** The shop of this home. @param control where a spec has started one of its own */
  static async connect(control: ShopControl = connectShop()): Promise<Shop> {
    const { kafka, paymentProvider = '' } = control.system;
    return new Shop(control, await Broker.connect(kafka), new PaymentProvider(paymentProvider));
  }

  async close(): Promise<void> {
    await this.broker.close();
  }

  async placeOrder<T = OrderAnswer>(wish: OrderWish = {}): Promise<Answer<T>> {
    const { sku = 'tea', quantity = 1, card = 'tok_visa', email = anyone(), key, replica = 'orders-1' } = wish;
    const body = wish.body ?? { customerEmail: email, card, lines: [{ sku, quantity }] };
    const headers = { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) };
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return this.http<T>(`${this.control.url(replica)}/orders`, { method: 'POST', headers, body: text });
  }

  /**
   * Places an order that must be accepted, as a customer does: who is told 503 comes back with the same key and body. On a
   * busy machine billing's quote may take longer than orders waits for it.
   */
  async ordered(wish: OrderWish = {}): Promise<OrderAnswer> {
    const same = { key: randomUUID(), email: anyone(), ...wish };
    const { status, body } = await eventually('an answer to the order', async () => {
      const answer = await this.placeOrder(same);
      return answer.status !== 503 && answer;
    });
    if (status !== 201) throw new Error(`POST /orders answered ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  order(orderId: string): Promise<Answer<OrderAnswer>> {
    return this.http(`${this.control.url('orders-1')}/orders/${orderId}`);
  }

  async becomes(orderId: string, status: string): Promise<void> {
    await eventually(`order ${orderId} is ${status}`, async () => (await this.order(orderId)).body.status === status);
  }

  async http<T>(url: string, request: RequestInit = {}): Promise<Answer<T>> {
    const response = await fetch(url, { signal: AbortSignal.timeout(30_000), ...request });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json');
    return { status: response.status, body: (json ? JSON.parse(text) : text) as T, headers: response.headers };
  }

  async mailsTo(email: string): Promise<Mail[]> {
    const { body } = await this.http<Mail[]>(`${this.control.system.mail}/email`);
    return body.filter((mail) => mail.to?.some(({ address }) => address === email));
  }

  /** As if it had never arrived. */
  async forgetMail(email: string, subject: string): Promise<void> {
    const mail = (await this.mailsTo(email)).find((found) => found.subject === subject);
    if (!mail) throw new Error(`There is no mail "${subject}" to ${email}.`);
    await this.http(`${this.control.system.mail}/email/${mail.id}`, { method: 'DELETE' });
  }

  /** Waits until that many mails are there, and returns their subjects, sorted. */
  async subjectsTo(email: string, count: number): Promise<string[]> {
    const mails = await eventually(`${count} mails to ${email}`, async () => {
      const found = await this.mailsTo(email);
      return found.length >= count && found;
    });
    return mails.map(({ subject }) => subject).sort();
  }

  /** Waits until notifications has handled every event that there is: no mail is on its way any more. */
  async mailsAreOut(): Promise<void> {
    for (const topic of ['orders.order-placed.v1', 'billing.payment-captured.v1', 'billing.payment-declined.v1'])
      await eventually(`${topic} is handled`, async () => (await this.broker.lag('notifications', topic)) === 0);
  }

  /** Attempts at the payment provider that booked money. */
  async chargesOf(orderId: string) {
    const attempts = await this.provider.charges(orderId);
    return attempts.filter(({ booked }) => booked);
  }

  /** The dead letters of one service, oldest first per partition, with the origin that their headers name. */
  async deadLetters(service: string): Promise<(SeenRecord & { readonly origin: string; readonly code: string })[]> {
    const records = await this.broker.read(`${service}.dead-letters`);
    return records.map((record) => ({
      ...record,
      origin: header(record, 'kafka_dlt-original-topic') ?? '',
      code: header(record, 'dead-letter-code') ?? '',
    }));
  }

  handled(wanted: Partial<Handled>): Handled[] {
    return readJournal(wanted);
  }

  /** Waits until the default replicas run, whatever a spec before did to them. */
  async restore(): Promise<void> {
    await this.provider.clearFaults();
    const running = new Map((await this.control.list()).map(({ replica, state }) => [replica, state]));
    const starts = usualReplicas.map(async (replica) => {
      if (running.get(replica) === 'paused') await this.control.resume(replica);
      else if (running.get(replica) !== 'ready') await this.control.start(replica);
    });
    const more = [...running].filter(([replica, state]) => state === 'ready' && !usualReplicas.includes(replica));
    await Promise.all([...starts, ...more.map(([replica]) => this.control.stop(replica))]);
  }
}

/** A customer that no other spec knows. */
export const anyone = (): string => `customer-${randomUUID()}@example.org`;
