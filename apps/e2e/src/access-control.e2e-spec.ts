import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { home, isSecured, type OwnBroker, readCredentials, startOwnBroker } from '@fieldguide/infra';
import {
  applyAccess,
  connectShop,
  type RunningShop,
  type ServiceAccess,
  shopAccess,
  startShop,
  topologies,
} from '@fieldguide/replicas';
import kafkajs from 'kafkajs';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Broker } from './driver/broker.js';
import { eventually } from './driver/eventually.js';
import { Intruder, outcomeOf } from './driver/intruder.js';
import { anyone, Shop } from './driver/shop.js';

/** Of the same users, with the same passwords asked for; the second one lets everybody do everything. */
describe('a shop on a secured broker, and a broker whose authorizer is off', () => {
  const environment = { ...process.env };
  let own: RunningShop | undefined;
  let shop: Shop;
  let open: OwnBroker;
  let access: ServiceAccess[];

  beforeAll(async () => {
    const all = await topologies();
    access = shopAccess(all);
    const opening = startOpenBroker(all);
    opening.catch(() => undefined);
    if (!isSecured(process.env['KAFKA_SECURED'])) {
      process.env['FIELDGUIDE_HOME'] = join(home(), 'access-control');
      process.env['KAFKA_SECURED'] = '1';
      own = await startShop({ name: 'access-control', replicas: { billing: 1, notifications: 1 } });
    }
    shop = await Shop.connect(own?.control ?? connectShop());
    open = await opening;
  });

  afterAll(async () => {
    await shop?.close();
    await own?.stop();
    await open?.remove();
    for (const name of ['FIELDGUIDE_HOME', 'KAFKA_SECURED']) delete process.env[name];
    Object.assign(process.env, environment);
  });

  const securely = (user: string): Intruder =>
    new Intruder(shop.control.system.kafka, user, readCredentials()?.kafkaUsers?.[user] ?? '');
  const openly = (user: string): Intruder =>
    new Intruder(open.kafka, user, open.userEnv(user)['KAFKA_SASL_PASSWORD'] ?? '');

  it('takes an order, charges and mails, each service as its own user with the rights that its topology gives', async () => {
    const email = anyone();
    const { orderId } = await shop.ordered({ email });
    await shop.becomes(orderId, 'paid');

    expect(await shop.chargesOf(orderId)).toHaveLength(1);
    expect(await shop.subjectsTo(email, 2)).toHaveLength(2);
    // Nothing is lacking, and nothing is there beside.
    expect(await applyAccess(access, infraEnv(shop))).toEqual({ added: 0, removed: 0 });
  });

  const [TOPIC, GROUP] = ['TOPIC_AUTHORIZATION_FAILED', 'KafkaJSGroupCoordinatorNotFound'];
  it.each<[user: string, what: string, attempt: (as: Intruder) => Promise<void>, reason: string]>([
    ['billing', 'reads what it does not handle', (as) => as.reads('orders.dead-letters', 'billing.replica.1'), TOPIC],
    ['billing', 'reads the replies that it writes', (as) => as.reads('orders.replies', 'billing.replica.1'), TOPIC],
    ['billing', 'writes an event of orders', (as) => as.writes('orders.order-placed.v1'), TOPIC],
    ['billing', 'writes a retry of orders', (as) => as.writes('orders.retry.1s'), TOPIC],
    ['billing', 'joins the group of orders', (as) => as.joins('orders', 'orders.order-placed.v1'), GROUP],
    ['billing', 'sets the offsets of orders', (as) => as.setsOffsets('orders.retry', 'orders.order-placed.v1'), GROUP],
    ['billing', 'creates a topic of orders', (as) => as.creates('orders.forged'), TOPIC],
    [
      'orders',
      'reads the requests that it writes',
      (as) => as.reads('billing.quote-price.v1', 'orders.replies.1'),
      TOPIC,
    ],
    ['orders', 'deletes a topic of its own', (as) => as.deletes('orders.retry.10s'), TOPIC],
    ['notifications', 'reads the replies to orders', (as) => as.reads('orders.replies', 'notifications'), TOPIC],
    ['notifications', 'writes a reply to orders', (as) => as.writes('orders.replies'), TOPIC],
  ])('%s %s: only where nobody asks whether it may', async (user, _what, attempt, reason) => {
    const secured = await outcomeOf(attempt(securely(user)));
    const unsecured = await outcomeOf(attempt(openly(user)));

    expect({ secured, unsecured }).toEqual({ secured: reason, unsecured: 'done' });
  });

  it('goes on undisturbed while somebody knocks at its group', async () => {
    const before = await joinsOf(shop, 'orders');

    for (const user of ['billing', 'notifications'])
      expect(await outcomeOf(securely(user).joins('orders', 'orders.order-placed.v1'))).toBe(GROUP);
    const { orderId } = await shop.ordered();
    await shop.becomes(orderId, 'paid');

    expect(before).toMatch(/ [1-9]\d*$/);
    expect(await joinsOf(shop, 'orders')).toBe(before);
  });

  it('keeps passwords out of everything that others may read', () => {
    const passwords = Object.values(readCredentials()?.kafkaUsers ?? {});
    const logs = readdirSync(join(home(), 'log')).map((file) => join('log', file));
    const texts = ['system.json', ...logs].map((file) => readFileSync(join(home(), file), 'utf8'));

    expect(passwords).toHaveLength(access.length + 1);
    expect(passwords.filter((password) => texts.some((text) => text.includes(password)))).toEqual([]);
    expect((statSync(join(home(), 'credentials.json')).mode & 0o777).toString(8)).toBe('600');
  });

  it('says in health which group and which user, when a right is taken away under a service that runs', async () => {
    const replicas = (await shop.control.list()).filter(({ service }) => service === 'notifications');

    await applyAccess(withoutGroup(access, 'notifications'), infraEnv(shop));

    for (const { url } of replicas) {
      const answer = await eventually('it is dead', async () => {
        const { status, body } = await shop.http<object>(`${url}/health/live`);
        return status === 503 && JSON.stringify(body);
      });
      expect(answer).toMatch(/group notifications: .*user notifications/);
    }
    await applyAccess(access, infraEnv(shop));
    for (const { replica } of replicas) await shop.control.restart(replica);
    const email = anyone();
    await shop.ordered({ email });
    expect(await shop.subjectsTo(email, 2)).toHaveLength(2);
  });
});

/** With a record in every topic, so that who may read finds one. */
async function startOpenBroker(all: Awaited<ReturnType<typeof topologies>>): Promise<OwnBroker> {
  const users = all.map(({ service }) => service);
  const own = await startOwnBroker({ secured: { users, asksRights: false } });
  const password = own.env['KAFKA_SASL_PASSWORD'] ?? '';
  const broker = await Broker.connect(own.kafka, { mechanism: 'scram-sha-256', username: 'infra', password });
  const topics = all.flatMap(({ owns }) => owns.map(({ topic }) => topic));
  await broker.admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 1 })) });
  const producer = broker.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.sendBatch({
    topicMessages: topics.map((topic) => ({ topic, messages: [{ key: '1', value: '{}' }] })),
  });
  await producer.disconnect();
  await broker.close();
  return own;
}

const infraEnv = (shop: Shop): Record<string, string> => ({
  KAFKA_BROKERS: shop.control.system.kafka,
  KAFKA_SASL_MECHANISM: 'scram-sha-256',
  KAFKA_SASL_USERNAME: 'infra',
  KAFKA_SASL_PASSWORD: readCredentials()?.kafkaUsers?.['infra'] ?? '',
});

/** The line of `/metrics` that counts how often orders-1 has joined a group. */
async function joinsOf(shop: Shop, group: string): Promise<string> {
  const { body } = await shop.http<string>(`${shop.control.url('orders-1')}/metrics`);
  return body.split('\n').find((line) => /rebalance/.test(line) && line.includes(`group="${group}"`)) ?? '';
}

const withoutGroup = (access: readonly ServiceAccess[], group: string): ServiceAccess[] =>
  access.map((one) => ({
    ...one,
    rules: one.rules.filter(({ resource, name }) => resource !== 'group' || name !== group),
  }));
