import { ShopError } from '@fieldguide/replicas';
import { ask, type Answer } from './http.js';
import type { Wish } from './wish.js';

export interface PlacedOrder {
  orderId: string;
  status: string;
  total: { cents: number; currency: string };
}

/** Orders over HTTP; all messages of the order carry the correlation id. Rejects with a sentence when it is not accepted. */
export async function placeOrder(
  shop: { orders: string; billing: string },
  wish: Wish,
  correlationId: string,
): Promise<PlacedOrder> {
  const answer = await ask('orders', `${shop.orders}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-correlation-id': correlationId },
    body: JSON.stringify({ customerEmail: wish.email, card: wish.card, lines: wish.lines }),
  });
  if (answer.status !== 201) throw new ShopError(await refusal(shop.billing, answer));
  return answer.body as PlacedOrder;
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
