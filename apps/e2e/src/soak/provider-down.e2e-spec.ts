import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../driver/eventually.js';
import { Shop } from '../driver/shop.js';
import { shortOrLong, tell } from './length.js';
import { OrderStream, type Placed } from './order-stream.js';
import { become, bookingsOf, givenUpOf, retriesOf, unpaidOf } from './outcome.js';

const PLACED = 'orders.order-placed.v1';
const PER_SECOND = shortOrLong(10, 20);
/** Orders while the provider is away: half a minute of them, or some seconds. */
const ORDERS = shortOrLong(50, 600);

describe.each([
  ['refuses connections', { down: true }, 'the payment provider'],
  ['answers every charge with an error', { failureRate: 1 }, 'messages fail alike'],
] as const)('a payment provider that %s', (_, fault, reason) => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(() => shop.restore());
  afterAll(() => shop.close());

  const healthOf = async (replica: string) => {
    const { body } = await shop.http(`${shop.control.url(replica)}/health/live`);
    return JSON.stringify(body).toLowerCase();
  };

  it('lets billing wait: its lag grows, no retry topic does, and all are paid in their order afterwards', async () => {
    const stream = new OrderStream(shop, PER_SECOND);
    await stream.goesOn(10);
    await eventually('billing has nothing to do', async () => (await shop.broker.lag('billing', PLACED)) <= 2);
    await shop.provider.faults(fault);
    await stream.goesOn(ORDERS);
    const placed = await stream.stop();

    // Some that were accepted last of all had been paid for before, on a slow machine.
    const lag = await eventually('the unpaid orders wait', async () => {
      const unpaid = await unpaidOf(shop, placed);
      const found = await shop.broker.lag('billing', PLACED);
      return unpaid > ORDERS / 2 && found >= unpaid && found;
    });
    for (const replica of ['billing-1', 'billing-2']) {
      const health = await eventually(`${replica} is degraded`, async () => {
        const found = await healthOf(replica);
        return found.includes('degraded') && found;
      });
      expect(health).toContain(reason);
    }
    await shop.provider.clearFaults();
    await become(shop, 'paid', placed);

    expect(await retriesOf(shop, placed)).toEqual([]);
    expect(await givenUpOf(shop, placed)).toEqual([]);
    expect(new Set(await bookingsOf(shop, placed))).toEqual(new Set([1]));
    await eventually('nothing is left', async () => (await shop.broker.lag('billing', PLACED)) === 0);
    const partitions = handledInOrder(shop, placed);
    expect(partitions.flat()).toHaveLength(placed.length);
    for (const offsets of partitions) expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    tell(`${placed.length} orders, ${lag} of them waiting at the end, no retry, no dead letter, paid in order`);
  }, 600_000);
});

/** For each partition the offsets of these orders, as billing was done with them. */
function handledInOrder(shop: Shop, placed: readonly Placed[]): number[][] {
  const ids = new Set(placed.map(({ orderId }) => orderId));
  const partitions = new Map<number, number[]>();
  const handled = shop.handled({ topic: PLACED, group: 'billing', outcome: 'handled' });
  for (const { key, partition, offset } of handled.sort((a, b) => a.time.localeCompare(b.time)))
    if (ids.has(key ?? '')) partitions.set(partition, [...(partitions.get(partition) ?? []), Number(offset)]);
  return [...partitions.values()];
}
