import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Journals } from './journals.js';
import { Journey, type Sight } from './journey.js';
import { Mailbox } from './mailbox.js';
import { placeOrder } from './place-order.js';
import { readWish } from './wish.js';

/** Stands in for orders, billing and the mail server: all that a journey asks over HTTP. */
class FakeShop {
  status = 'placed';
  mails: { id: string; subject: string }[] = [];
  answer = {
    status: 201,
    body: { orderId: 'o-1', status: 'placed', total: { cents: 495, currency: 'EUR' } } as object,
  };
  onOrder: () => void = () => undefined;
  /** Orders that are answered 503, come again at once. */
  busy = 0;
  readonly keys: unknown[] = [];
  private readonly server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://shop');
    const send = (body: unknown, status = 200) => response.writeHead(status).end(JSON.stringify(body));
    if (request.method === 'POST') this.keys.push(request.headers['idempotency-key']);
    if (request.method === 'POST' && this.busy-- > 0) {
      response.writeHead(503, { 'retry-after': '0' }).end('{"message":"There is no price at the moment."}');
    } else if (request.method === 'POST') {
      this.onOrder();
      send(this.answer.body, this.answer.status);
    } else if (url.pathname === '/email')
      send(url.searchParams.get('to.address') === 'ada@example.org' ? this.mails : []);
    else if (url.pathname === '/price-list') send({ replica: 'billing-1', prices: [{ sku: 'mug' }, { sku: 'tea' }] });
    else send({ orderId: 'o-1', status: this.status });
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

describe('the journey of an order', () => {
  let shop: FakeShop;
  let url: string;
  let folder: string;
  let sights: string[];
  let clock = 0;
  beforeEach(async () => {
    shop = new FakeShop();
    url = await shop.listen();
    folder = mkdtempSync(path.join(tmpdir(), 'journey-'));
    sights = [];
  });
  afterEach(() => {
    shop.close();
    rmSync(folder, { recursive: true });
  });

  const handle = (topic: string, group: string, correlationId = 'c-1'): void =>
    appendFileSync(
      path.join(folder, `${group}-1.jsonl`),
      `${JSON.stringify({ time: new Date(clock++).toISOString(), topic, group, correlationId })}\n`,
    );
  const follow = async (deadlineMs = 5_000): Promise<string[]> => {
    const see = (sight: Sight): void => {
      sights.push(sight.kind === 'hop' ? `${sight.hop.topic} → ${sight.hop.group}` : sight.kind);
    };
    const journals = new Journals(folder);
    const mailbox = await Mailbox.open(url, 'ada@example.org');
    const journey = new Journey({ orders: url, correlationId: 'c-1', journals, mailbox, deadlineMs, see });
    const { wish } = readWish(['--email', 'ada@example.org']);
    return journey.follow(placeOrder({ orders: url, billing: url }, wish, 'c-1'));
  };

  it('ends when the order is paid, everybody has heard of it, and both mails are there', async () => {
    shop.mails = [{ id: 'm-0', subject: 'of an earlier order' }];
    shop.onOrder = () => {
      handle('billing.quote-price.v1', 'billing');
      handle('orders.order-placed.v1', 'billing');
      handle('orders.order-placed.v1', 'billing', 'another order');
      handle('orders.order-placed.v1', 'notifications');
      handle('orders.order-placed.v1', 'analytics');
      handle('billing.payment-captured.v1', 'orders');
      handle('billing.payment-captured.v1', 'notifications');
      handle('billing.payment-captured.v1', 'analytics');
      shop.status = 'paid';
      shop.mails = [...shop.mails, { id: 'm-1', subject: 'received' }, { id: 'm-2', subject: 'paid' }];
    };

    expect(await follow()).toEqual([]);
    expect(sights).toEqual([
      'billing.quote-price.v1 → billing',
      'orders.order-placed.v1 → billing',
      'orders.order-placed.v1 → notifications',
      'orders.order-placed.v1 → analytics',
      'billing.payment-captured.v1 → orders',
      'billing.payment-captured.v1 → notifications',
      'billing.payment-captured.v1 → analytics',
      'placed',
      'mail',
      'mail',
      'status',
    ]);
  });

  it('names what is missing when time is up', async () => {
    shop.onOrder = () => {
      handle('orders.order-placed.v1', 'billing');
      shop.mails = [{ id: 'm-1', subject: 'received' }];
    };

    expect(await follow(200)).toEqual([
      'no replica of analytics has handled orders.order-placed.v1',
      'no replica of notifications has handled orders.order-placed.v1',
      'the order is still placed',
      '1 of 2 mails',
    ]);
  });

  it('waits for the news of a declined payment when the order is rejected', async () => {
    shop.onOrder = () => (shop.status = 'rejected');

    expect(await follow(200)).toContain('no replica of orders has handled billing.payment-declined.v1');
  });

  it('comes back with the same key while the shop answers 503', async () => {
    shop.busy = 2;
    const { wish } = readWish([]);
    const whys: string[] = [];

    const patience = { withinMs: 5_000, again: (why: string) => whys.push(why) };
    const order = await placeOrder({ orders: url, billing: url }, wish, 'c-1', patience);

    expect(order.orderId).toBe('o-1');
    expect(whys).toHaveLength(2);
    expect(shop.keys).toHaveLength(3);
    expect(new Set(shop.keys).size).toBe(1);
  });

  it('is given up when the shop answers 503 for too long', async () => {
    shop.busy = Number.MAX_SAFE_INTEGER;
    const { wish } = readWish([]);

    await expect(placeOrder({ orders: url, billing: url }, wish, 'c-1')).rejects.toThrow('(503)');
  });

  it('is not begun when the article is unknown, and the shop says what it sells', async () => {
    shop.answer = { status: 422, body: { message: 'There is no article "teaa" in the price list.' } };

    await expect(follow()).rejects.toThrow(
      'orders did not accept the order (422): There is no article "teaa" in the price list. The shop sells mug, tea.',
    );
  });

  it('is not begun when a field is wrong, and each one is named', async () => {
    const errors = [
      { field: 'card', reason: 'card must be a token' },
      { field: 'customerEmail', reason: 'customerEmail must be a mail address' },
    ];
    shop.answer = { status: 400, body: { message: 'Not accepted.', errors } };

    await expect(follow()).rejects.toThrow(
      'orders did not accept the order (400): card must be a token. customerEmail must be a mail address.',
    );
  });

  it('is not begun when orders does not answer', async () => {
    shop.close();
    const { wish } = readWish([]);

    await expect(placeOrder({ orders: url, billing: url }, wish, 'c-1')).rejects.toThrow(
      `orders does not answer at ${url}/orders: look at "npm run replicas -- list".`,
    );
  });
});
