import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { home, workspaceRoot } from '@fieldguide/infra';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { deadLetters } from '../driver/dead-letters.js';
import { eventually } from '../driver/eventually.js';
import { Shop } from '../driver/shop.js';
import { shortOrLong, tell } from './length.js';
import { OrderStream } from './order-stream.js';
import { become, bookingsOf, givenUpOf, subjectsOf } from './outcome.js';

const PLACED = 'orders.order-placed.v1';
const PER_SECOND = shortOrLong(10, 20);
const ORDERS = shortOrLong(40, 600);
const PRELOAD = join(home(), 'preload', 'billing.mjs');

/** A build of billing that can't charge for coffee. */
const BUG = `
import { ChargesService } from '${pathToFileURL(join(workspaceRoot, 'apps/billing/dist/charges/charges.service.js')).href}';
const { charge } = ChargesService.prototype;
ChargesService.prototype.charge = async function (order, signal) {
  if (order.lines.some(({ sku }) => sku === 'coffee')) throw new TypeError("Cannot read properties of undefined (reading 'roast')");
  return charge.call(this, order, signal);
};
`;

describe('a build of billing with a bug', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterEach(async () => {
    rmSync(PRELOAD, { force: true });
    await shop.restore();
  });
  afterAll(() => shop.close());

  const billingIsDone = () =>
    eventually('billing is done', async () => (await shop.broker.lag('billing', PLACED)) === 0, 120_000);

  const deploy = () => Promise.all(['billing-1', 'billing-2'].map((replica) => shop.control.restart(replica)));

  it('gives up what has to do with it, and nothing else; redriven after the fix that is paid, and nobody saw it twice', async () => {
    await billingIsDone();
    const since = `since=${new Date().toISOString()}`;
    mkdirSync(join(home(), 'preload'), { recursive: true });
    writeFileSync(PRELOAD, BUG);
    await deploy();
    const stream = new OrderStream(shop, PER_SECOND, (index) => ({ sku: index % 4 === 0 ? 'coffee' : 'tea' }));
    await stream.goesOn(ORDERS);
    const placed = await stream.stop();
    const coffee = placed.filter(({ wish }) => wish.sku === 'coffee');
    const tea = placed.filter(({ wish }) => wish.sku === 'tea');
    await become(shop, 'paid', tea);
    await billingIsDone();
    expect((await givenUpOf(shop, placed)).sort()).toEqual(coffee.map(({ orderId }) => orderId).sort());

    rmSync(PRELOAD);
    await deploy();
    const bug = ['--where', 'error=TypeError', '--where', since];
    expect(await deadLetters('redrive', '--service', 'billing', ...bug)).toMatchObject([
      { redriven: coffee.length, refused: {} },
    ]);

    await become(shop, 'paid', coffee);
    expect(new Set(await bookingsOf(shop, placed))).toEqual(new Set([1]));
    expect(await deadLetters('list', '--service', 'billing', ...bug)).toEqual([]);
    const subjects = new Set((await subjectsOf(shop, placed, 2)).map((mails) => mails.length));
    expect(subjects).toEqual(new Set([2]));
    const ids = new Set(placed.map(({ orderId }) => orderId));
    const heard = shop.handled({ topic: PLACED, group: 'notifications' });
    expect(heard.filter(({ key }) => ids.has(key ?? ''))).toHaveLength(placed.length);
    tell(`${placed.length} orders, ${coffee.length} dead letters, all of them paid after the redrive`);
  }, 600_000);
});
