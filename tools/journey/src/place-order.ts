import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { ShopError } from '@fieldguide/replicas';
import { ask, type Answer } from './http.js';
import type { Wish } from './wish.js';

export interface PlacedOrder {
  orderId: string;
  status: string;
  total: { cents: number; currency: string };
}

export interface Patience {
  /** How long to come back after answers of 503. */
  withinMs: number;
  /** Hears of each answer after which the order comes again. */
  again: (why: string) => void;
}

/**
 * Orders over HTTP; all messages of the order carry the correlation id. As a good customer does, it comes back with the
 * same Idempotency-Key when the shop says so (503 and Retry-After): the shop knows the order by it, and makes one of it.
 * Rejects with a sentence when the order is not accepted.
 */
export async function placeOrder(
  shop: { orders: string; billing: string },
  wish: Wish,
  correlationId: string,
  { withinMs, again }: Patience = { withinMs: 0, again: () => undefined },
): Promise<PlacedOrder> {
  const deadline = Date.now() + withinMs;
  const key = randomUUID();
  for (;;) {
    const answer = await ask('orders', `${shop.orders}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-correlation-id': correlationId, 'idempotency-key': key },
      body: JSON.stringify({ customerEmail: wish.email, card: wish.card, lines: wish.lines }),
    });
    if (answer.status === 201) return answer.body as PlacedOrder;
    const seconds = answer.status === 503 ? Number(answer.headers.get('retry-after') ?? Number.NaN) : Number.NaN;
    if (Number.isNaN(seconds) || Date.now() + seconds * 1_000 >= deadline) {
      throw new ShopError(await refusal(shop.billing, answer));
    }
    again(
      `503, again in ${seconds} s with the same key: ${(answer.body as Refusal | undefined)?.message ?? 'no reason given'}`,
    );
    await pause(seconds * 1_000);
  }
}

async function refusal(billing: string, { status, headers, body }: Answer): Promise<string> {
  const { message = 'it gave no reason', errors = [] } = (body ?? {}) as Refusal;
  const reasons = errors.length > 0 ? errors.map(({ reason }) => reason) : [String(message)];
  const again = headers.get('retry-after');
  const hint = status === 422 ? ` ${await skus(billing)}` : again ? ` Try again in ${again} s.` : '';
  return `orders did not accept the order (${status}): ${reasons.map((reason) => reason.replace(/\.?$/, '.')).join(' ')}${hint}`;
}

interface Refusal {
  message?: string;
  errors?: { field: string; reason: string }[];
}

async function skus(billing: string): Promise<string> {
  const { body } = await ask('billing', `${billing}/price-list`);
  const { prices = [] } = body as { prices?: { sku: string }[] };
  return `The shop sells ${prices.map(({ sku }) => sku).join(', ')}.`;
}
