import { ASKING_POISONS, HANDLED, mix, POISONS, PoisonSender, RETRY_POISONS, type Step } from '@fieldguide/poison';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { header } from './driver/broker.js';
import { eventually } from './driver/eventually.js';
import { expectedFates, fatesAt, settled } from './driver/poison/fates.js';
import { askedFrom, GOODS, type GoodTopic, idOf, retried } from './driver/poison/goods.js';
import { PoisonedOrders, type SeenOfOrder } from './driver/poison/orders.js';
import { metric, replicasOf, type ReplicaSeen } from './driver/poison/replicas.js';
import { Shop } from './driver/shop.js';

const [PLACED, CAPTURED, DECLINED] = [
  'orders.order-placed.v1',
  'billing.payment-captured.v1',
  'billing.payment-declined.v1',
] as const;
const PRICES = 'billing.price-list-changed.v1';
const QUESTIONS = 'billing.quote-price.v1';

/** Who handles an event, and what the world outside sees of an order then. */
const EVENTS: readonly (readonly [topic: GoodTopic, services: readonly string[], seen: SeenOfOrder])[] = [
  [PLACED, ['billing', 'notifications'], { status: 'paid', charges: 1, mails: ['paid', 'received'] }],
  [CAPTURED, ['notifications', 'orders'], { status: 'paid', charges: 0, mails: ['paid'] }],
  [DECLINED, ['notifications', 'orders'], { status: 'rejected', charges: 0, mails: ['not paid'] }],
];
const RETRIES: readonly (readonly [service: string, topic: GoodTopic, seen: SeenOfOrder])[] = [
  ['billing', PLACED, { status: 'paid', charges: 1, mails: ['paid'] }],
  ['notifications', CAPTURED, { status: 'placed', charges: 0, mails: ['paid'] }],
  ['orders', DECLINED, { status: 'rejected', charges: 0, mails: [] }],
];

describe('poison, a good message before and behind each', () => {
  let shop: Shop;
  let sender: PoisonSender;
  let before: ReplicaSeen[];

  beforeAll(async () => {
    shop = await Shop.connect();
    await shop.restore();
    sender = await new PoisonSender(shop.broker.kafka).connect();
    before = await replicasOf(shop);
  });
  afterAll(async () => {
    await sender.close();
    await shop.close();
  });

  const expectFates = async (service: string, steps: readonly Step[], copies = 1): Promise<void> => {
    const expected = expectedFates(steps, copies, 'event');
    expect(await fatesAt(shop, service, steps, expected)).toEqual(expected);
  };

  it.each(EVENTS)(
    'on %s is a dead letter of each of %j, or handled as the list says',
    async (topic, services, then) => {
      const steps = mix(POISONS, GOODS[topic]);
      const orders = new PoisonedOrders(shop, steps);
      await orders.place();
      if (topic !== PLACED) await orders.introduce();

      await sender.send(topic, 0, steps);

      for (const service of services) await settled(shop, service, topic);
      for (const service of services) await expectFates(service, steps);
      const seen = orders.expected(then);
      expect(await orders.seen(seen)).toEqual(seen);
    },
  );

  it('on a topic that every replica handles is a dead letter of each replica', async () => {
    const steps = mix(POISONS, GOODS[PRICES]);

    await sender.send(PRICES, 0, steps);

    await expectFates('billing', steps, 2);
    const skus = steps.filter(({ here }) => here.event === 'handled').map(({ good }) => good.key);
    for (const replica of ['billing-1', 'billing-2']) {
      const { body } = await shop.http<{ prices: { sku: string }[] }>(`${shop.control.url(replica)}/price-list`);
      expect(body.prices.map(({ sku }) => sku)).toEqual(expect.arrayContaining(skus));
    }
  });

  it.each(RETRIES)(
    'in the retry topic of %s, its headers poisoned too, is what it is in %s',
    async (service, topic, then) => {
      const steps = mix([...POISONS, ...RETRY_POISONS], () => retried(topic, service));
      const orders = new PoisonedOrders(shop, steps);
      await orders.place();
      await orders.introduce();

      await sender.send(`${service}.retry.1s`, 0, steps);

      await settled(shop, `${service}.retry`, `${service}.retry.1s`);
      await expectFates(service, steps);
      const seen = orders.expected(then);
      expect(await orders.seen(seen)).toEqual(seen);
    },
  );

  it('on a request topic is answered, with an error where it is one', async () => {
    const replies = `e2e-${randomUUID()}.replies`;
    await shop.broker.admin.createTopics({ topics: [{ topic: replies, numPartitions: 1 }] });
    // Who asks from outside of the shop has been let in by an operator.
    const takeBack = await shop.broker.letWrite('billing', replies);
    const steps = mix([...POISONS, ...ASKING_POISONS], () => askedFrom(replies));

    await sender.send(QUESTIONS, 0, steps);
    await settled(shop, 'billing', QUESTIONS);

    const records = await shop.broker.read(replies);
    const answers = steps.map(({ name, good }) => {
      const mine = records.filter((record) => header(record, 'kafka_correlationId') === idOf(good));
      return [name, ...mine.map((record) => (header(record, 'kafka_nest-err') ? 'error-reply' : 'answered'))];
    });
    expect(answers).toEqual(
      steps.map(({ name, messages, here: { request } }) => [
        name,
        ...(request === 'nothing' ? [] : messages.map(() => request)),
      ]),
    );
    await takeBack();
    await shop.broker.admin.deleteTopics({ topics: [replies] });
  });

  it('on a request topic, where nobody can be answered, is a dead letter', async () => {
    const steps = mix(POISONS, GOODS[QUESTIONS]);

    await sender.send(QUESTIONS, 0, steps);
    await settled(shop, 'billing', QUESTIONS);

    const expected = expectedFates(steps, 1, 'unanswerable');
    expect(await fatesAt(shop, 'billing', steps, expected)).toEqual(expected);
  });

  it('on a reply topic is dropped and counted, and true replies arrive', async () => {
    const steps = mix(POISONS, GOODS['orders.replies']);
    const count = steps.reduce((sum, { here, messages }) => sum + (here.reply === 'dropped' ? messages.length : 0), 0);
    const dropped = () => metric(shop, 'orders-1', 'kafka_replies_dropped_total{reason="foreign"}');
    const earlier = await dropped();

    await sender.send('orders.replies', 0, steps);

    await eventually('as many are dropped', async () => (await dropped()) >= earlier + count);
    await shop.ordered();
    expect(await dropped()).toBe(earlier + count);
  });

  it('is not kept: 400 MB go through each replica of billing, and it does not grow by as much', async () => {
    const batch = zippedMegabytes(20);
    const [smaller, last] = [await memory(), mix([], GOODS[PRICES])];

    for (let sent = 0; sent < 20; sent++) await sender.send(PRICES, 0, [batch]);
    await sender.send(PRICES, 0, last);
    await fatesAt(shop, 'billing', last, expectedFates(last, 2, 'event'));

    const larger = await memory();
    for (const [replica, megabytes] of larger) expect(megabytes - (smaller.get(replica) ?? 0)).toBeLessThan(300);
  });

  it('leaves every replica as it was: the same process, healthy, nothing waiting', async () => {
    await shop.becomes((await shop.ordered()).orderId, 'paid');
    const now = await eventually('nothing waits', async () => {
      const seen = await replicasOf(shop);
      return seen.every(({ laneBytes }) => laneBytes === 0) && seen;
    });

    expect(now.map(({ replica, pid, state }) => [replica, pid, state])).toEqual(
      before.map(({ replica, pid }) => [replica, pid, 'ready']),
    );
    for (const { health } of now) expect(health).not.toMatch(/degraded|down/);
  });

  const memory = async () => new Map((await replicasOf(shop)).map(({ replica, megabytes }) => [replica, megabytes]));
});

/** One batch of good messages, a megabyte each, which are a kilobyte on their way. */
function zippedMegabytes(count: number): Step {
  const good = GOODS[PRICES]();
  const value = JSON.stringify({ more: 'x'.repeat(1_000_000), ...good.value });
  const messages = Array.from({ length: count }, () => ({ key: good.key, value, headers: good.headers }));
  return { name: `${count} MB`, good, messages, way: 'gzip', here: HANDLED };
}
