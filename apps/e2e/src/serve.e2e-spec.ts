import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { home, infraStopped } from '@fieldguide/infra';
import { usualReplicas } from '@fieldguide/replicas';
import { request } from 'node:http';
import { join } from 'node:path';
import { eventually } from './driver/eventually.js';
import { readCharges } from './driver/ledger.js';
import { ServedShop } from './driver/served-shop.js';
import { Shop } from './driver/shop.js';

describe('a shop that nx serve runs', () => {
  let served: ServedShop;

  beforeAll(async () => {
    process.env['FIELDGUIDE_HOME'] = join(home(), 'served');
    served = new ServedShop(home());
    await served.opened();
  });
  afterAll(async () => {
    served.signal('SIGKILL');
    await served.ended;
    await infraStopped();
  }, 60_000);

  it('closes in order at Ctrl-C: services finish what they do, and the payment provider is there until they have', async () => {
    const shop = await Shop.connect();
    await shop.provider.faults({ latencyMs: 3_000 });
    const { orderId } = await shop.ordered();
    // Requests that do not end: each service waits for its own as long as it may, before its handlers may finish.
    for (const replica of ['billing-1', 'billing-2']) beginRequest(`${shop.control.url(replica)}/price-list/tea`);
    await eventually('the charge runs', async () => (await shop.provider.health()).waiting === 1);
    await shop.close();
    // At the start a replica may have lost its port to somebody else's process, and taken another.
    const { length } = served.log;

    served.signal('SIGINT');
    await infraStopped();

    expect(readCharges(orderId)).toMatchObject([{ outcome: 'captured', booked: true }]);
    expect(shop.handled({ topic: 'orders.order-placed.v1', group: 'billing', key: orderId })).toHaveLength(1);
    const closing = served.log.slice(length - 1);
    const stops = closing.filter((line) => line.includes('was stopped'));
    expect(stops.slice(0, -1).sort()).toEqual(
      [...usualReplicas].sort().map((replica) => `${replica} was stopped: exit code 0.`),
    );
    expect(stops.at(-1)).toBe('payment-provider was stopped: exit code 0.');
    expect(closing.filter((line) => line.includes('ended by itself'))).toEqual([]);
  });
});

function beginRequest(url: string): void {
  const headers = { 'content-type': 'application/json', 'content-length': 100 };
  request(url, { method: 'PUT', headers })
    .on('error', () => undefined) // cut off at the end
    .write('{');
}
