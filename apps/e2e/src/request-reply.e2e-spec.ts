import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from './driver/eventually.js';
import { type OrderAnswer, Shop } from './driver/shop.js';

describe('two replicas of orders that ask billing for quotes', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore());
  afterAll(() => shop.close());

  it('get each its own replies', async () => {
    await shop.control.start('orders-2');

    const asked = Array.from({ length: 20 }, (_, index) =>
      shop.placeOrder({ replica: index % 2 ? 'orders-1' : 'orders-2', quantity: 1 + (index % 5) }),
    );

    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(20).fill(201));
    const price = (answers[0]?.body as OrderAnswer).total.cents;
    expect(answers.map(({ body }) => body.total.cents)).toEqual(answers.map((_, index) => price * (1 + (index % 5))));
  });

  it('go on being answered while the other is killed', async () => {
    await shop.control.start('orders-2');
    await shop.ordered({ replica: 'orders-2' });

    const killed = shop.control.kill('orders-2');
    const answers = await Promise.all(Array.from({ length: 10 }, () => shop.placeOrder({ replica: 'orders-1' })));
    await killed;

    expect(answers.map(({ status }) => status)).toEqual(Array<number>(10).fill(201));
    expect((await shop.placeOrder({ replica: 'orders-1' })).status).toBe(201);
  });

  it('answer 503 in time when billing is stopped, and store nothing', async () => {
    await shop.control.stop('billing-1');
    await shop.control.stop('billing-2');
    const key = `no-quote-${Date.now()}`;

    const { status, headers } = await shop.placeOrder({ key });

    expect(status).toBe(503);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    // The same key with another body would be refused, had an order been stored.
    await shop.restore();
    const later = await shop.placeOrder({ key, quantity: 3 });
    expect(later.status).toBe(201);
    await shop.becomes(later.body.orderId, 'paid');
  });

  it('leave no group behind when they stop', async () => {
    const before = await shop.broker.groupIds();
    await shop.control.start('orders-2');
    const own = (await shop.broker.groupIds()).filter((group) => !before.includes(group));
    expect(own).toEqual([expect.stringMatching(/^orders\.replies\./)]);

    await shop.control.stop('orders-2');

    // Looked at once: the broker itself deletes an empty group at its next check.
    expect(await shop.broker.groupIds()).not.toContain(own[0]);
  });
});

interface Revisions {
  readonly replicas: readonly { readonly replica: string; readonly revision: number }[];
  readonly failures: readonly { readonly replica: string; readonly code: string }[];
}

describe('a replica of billing that asks all of them', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore());
  afterAll(() => shop.close());

  const ask = async (asker: string, sku: string, expected?: number): Promise<Revisions> => {
    const query = expected === undefined ? '' : `?expected=${expected}`;
    const { body } = await shop.http<Revisions>(`${shop.control.url(asker)}/price-list/${sku}/replicas${query}`);
    return body;
  };

  const namesOf = ({ replicas }: Revisions) => replicas.map(({ replica }) => replica);

  /** Who answers takes its time on a busy machine, and there is one second. */
  const answer = (asker: string, ...names: string[]) =>
    eventually(`${names.join(', ')} answer`, async () => {
      const revisions = await ask(asker, 'tea', names.length);
      return namesOf(revisions).join() === names.join() && revisions;
    });

  it('gets one answer of each, from two and from three, and of all the same revision', async () => {
    for (const asker of ['billing-1', 'billing-2']) await answer(asker, 'billing-1', 'billing-2');

    await shop.control.start('billing-3');

    const { replicas, failures } = await answer('billing-1', 'billing-1', 'billing-2', 'billing-3');
    expect(new Set(replicas.map(({ revision }) => revision)).size).toBe(1);
    expect(failures).toEqual([]);
  });

  it('gets what there is within its second while one is stopped, and while one stands still', async () => {
    await shop.control.start('billing-3');
    await shop.control.stop('billing-2');
    await shop.control.pause('billing-3');

    await eventually('one answers', async () => namesOf(await ask('billing-1', 'tea', 3)).join() === 'billing-1');

    await shop.control.resume('billing-3');
    await answer('billing-1', 'billing-1', 'billing-3');
  });

  it('gets the failure of each that can not say', async () => {
    await eventually('both fail', async () => {
      const { replicas, failures } = await ask('billing-1', 'unheard-of', 2);
      expect(replicas).toEqual([]);
      return failures.length === 2 && failures.every(({ code }) => code === 'UNKNOWN_SKU');
    });
  });

  it('is told what is wrong with its question', async () => {
    const { status, body } = await shop.http(`${shop.control.url('billing-1')}/price-list/tea/replicas?expected=none`);

    expect({ status, body }).toMatchObject({ status: 400, body: { errors: [{ field: 'expected' }] } });
  });
});
