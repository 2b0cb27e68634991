import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { anyone, Shop } from './driver/shop.js';

interface Refusal {
  readonly errors?: readonly { readonly field: string }[];
  readonly message: string;
}

/** As much of OpenAPI as is looked at here. */
interface ApiDocument {
  readonly paths: Record<string, { readonly post: { readonly responses: Record<string, ApiResponse> } }>;
  readonly components: { readonly schemas: Record<string, { readonly properties: object }> };
}
interface ApiResponse {
  readonly content?: Record<string, { readonly schema: { readonly $ref: string } }>;
  readonly headers?: object;
}

describe('an order', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterAll(() => shop.close());

  it('is priced by billing, paid once and mailed twice: received, paid', async () => {
    const email = anyone();

    const { orderId, status, total } = await shop.ordered({ sku: 'tea', quantity: 2, email });

    expect(status).toBe('placed');
    expect(total).toEqual({ cents: expect.any(Number), currency: 'EUR' });
    await shop.becomes(orderId, 'paid');
    expect(await shop.chargesOf(orderId)).toMatchObject([{ orderId, amount: total }]);
    await shop.mailsAreOut();
    expect(await shop.subjectsTo(email, 2)).toEqual([`Your order ${orderId}: paid`, `Your order ${orderId}: received`]);
  });

  it('is rejected and mailed so when the card is declined; nothing is charged', async () => {
    const email = anyone();

    const { orderId } = await shop.ordered({ card: 'tok_declined', email });

    await shop.becomes(orderId, 'rejected');
    expect(await shop.chargesOf(orderId)).toEqual([]);
    await shop.mailsAreOut();
    expect(await shop.subjectsTo(email, 2)).toEqual([
      `Your order ${orderId}: not paid`,
      `Your order ${orderId}: received`,
    ]);
  });

  it('is one order however often its key comes, one after another or at once', async () => {
    const key = randomUUID();
    const email = anyone();

    const first = await shop.placeOrder({ key, email });
    const again = await shop.placeOrder({ key, email });
    const atOnce = await Promise.all([1, 2, 3].map(() => shop.placeOrder({ key: `${key}-2`, email })));

    expect(first.status).toBe(201);
    expect(again).toMatchObject({ status: 201, body: first.body });
    expect(atOnce.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(atOnce.map(({ body }) => body.orderId)).size).toBe(1);
    await shop.becomes(first.body.orderId, 'paid');
    expect(await shop.chargesOf(first.body.orderId)).toHaveLength(1);
  });

  it('is refused under a key that another body has used', async () => {
    const key = randomUUID();
    await shop.ordered({ key, email: anyone() });

    const { status, body } = await shop.placeOrder<Refusal>({ key, email: anyone(), quantity: 7 });

    expect(status).toBe(422);
    expect(body.message).toMatch(/key/i);
  });

  it.each([
    ['no JSON', '{', []],
    ['nothing', {}, ['card', 'customerEmail', 'lines']],
    ['no lines', { customerEmail: 'a@example.org', card: 'tok_visa', lines: [] }, ['lines']],
    [
      'every field wrong',
      { customerEmail: 'a', card: 5, lines: [{ sku: '', quantity: 0.5 }] },
      ['card', 'customerEmail', 'lines.0.quantity', 'lines.0.sku'],
    ],
    [
      'a card number',
      { customerEmail: 'a@example.org', card: '4111 1111 1111 1111', lines: [{ sku: 'tea', quantity: 1 }] },
      ['card'],
    ],
  ])('is refused with each wrong field named: %s', async (_what, body, fields) => {
    const answer = await shop.placeOrder<Refusal>({ body });

    expect(answer.status).toBe(400);
    expect([...new Set(answer.body.errors?.map(({ field }) => field) ?? [])].sort()).toEqual(fields);
    expect(JSON.stringify(answer.body)).not.toContain('4111');
  });

  it('is refused when the price list has no such sku', async () => {
    const { status, body } = await shop.placeOrder<Refusal>({ sku: 'moon' });

    expect(status).toBe(422);
    expect(body.message).toContain('moon');
  });

  it('is refused in bodies that the document of the API describes', async () => {
    const { body } = await shop.http<ApiDocument>(`${shop.control.url('orders-1')}/docs-json`);
    const bodyOf = (status: string): string[] => {
      const { schema } = body.paths['/orders']?.post.responses[status]?.content?.['application/json'] ?? {};
      const name = schema?.$ref.split('/').at(-1) ?? '';
      return Object.keys(body.components.schemas[name]?.properties ?? {}).sort();
    };

    const wrong = await shop.placeOrder<Refusal>({ body: {} });
    const unknown = await shop.placeOrder<Refusal>({ sku: 'moon' });

    expect(Object.keys(wrong.body).sort()).toEqual(bodyOf('400'));
    expect(Object.keys(unknown.body).sort()).toEqual(bodyOf('422'));
    expect(bodyOf('503')).toEqual(['idempotencyKey', 'message', 'statusCode']);
    expect(Object.keys(body.paths['/orders']?.post.responses['503']?.headers ?? {})).toEqual(['Retry-After']);
  });

  it('that nobody placed is not found', async () => {
    expect((await shop.order(randomUUID())).status).toBe(404);
    expect((await shop.order('7')).status).toBe(400);
  });
});
