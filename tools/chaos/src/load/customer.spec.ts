import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { place } from './customer.js';
import { planOf } from './wish.js';

const ORDER = { orderId: 'order-1', total: { cents: 350, currency: 'EUR' } };

describe('a customer', () => {
  let server: Server;
  let url: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const keys: unknown[] = [];
  beforeEach(async () => {
    keys.length = 0;
    server = createServer((request, response) => {
      keys.push(request.headers['idempotency-key']);
      answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const told = (response: ServerResponse, status: number, body: object = {}): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const patient = { urls: () => [url], patience: AbortSignal.timeout(30_000) };
  const plan = { ...planOf(7, 'spec', 1), impatientMs: undefined };

  it('comes back with the same key after 503, 409, 500 and a connection that breaks', async () => {
    const answers = [503, 409, 500, 0, 201];
    answer = (request, response) => {
      const status = answers[keys.length - 1] ?? 201;
      if (status === 0) request.socket.destroy();
      else told(response, status, ORDER);
    };

    expect(await place(plan, patient)).toEqual({ status: 201, ...ORDER, attempts: 5 });
    expect(new Set(keys)).toEqual(new Set(['chaos-spec-1']));
  });

  it('takes a refusal for an answer', async () => {
    answer = (_, response) => told(response, 422);

    expect(await place(plan, patient)).toEqual({ status: 422, attempts: 1 });
  });

  it('goes to the next replica where one is gone', async () => {
    answer = (_, response) => told(response, 201, ORDER);

    const { status, attempts } = await place(plan, { ...patient, urls: () => ['http://127.0.0.1:1', url] });

    expect(status).toBe(201);
    expect(attempts).toBeLessThanOrEqual(2);
  });

  it('says that it was told nothing when its patience ends', async () => {
    answer = (_, response) => told(response, 503);

    expect(await place(plan, { ...patient, patience: AbortSignal.timeout(10) })).toEqual({ status: 0, attempts: 1 });
  });
});

describe('the customers of a seed', () => {
  it('order the same goods in each run, under keys of their own', () => {
    const [one, other] = [planOf(7, 'a', 12), planOf(7, 'b', 12)];

    expect(one.wish.lines).toEqual(other.wish.lines);
    expect(one.wish.card).toBe(other.wish.card);
    expect(one.key).not.toBe(other.key);
  });

  it('are of every sort', () => {
    const plans = Array.from({ length: 200 }, (_, index) => planOf(7, 'a', index));

    expect(new Set(plans.map(({ wish }) => wish.card))).toEqual(new Set(['tok_visa', 'tok_declined']));
    expect(plans.some(({ forgets }) => forgets)).toBe(true);
    expect(plans.some(({ impatientMs }) => impatientMs !== undefined)).toBe(true);
  });
});
