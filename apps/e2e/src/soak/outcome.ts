import { eventually } from '../driver/eventually.js';
import type { Mail, Shop } from '../driver/shop.js';
import type { Placed } from './order-stream.js';

/** Orders that are asked for side by side. */
const AT_ONCE = 50;
const SERVICES = ['orders', 'billing', 'notifications', 'analytics'];

/** Waits until each of these orders has this status, for so long that the last retry topic is behind them. */
export async function become(shop: Shop, status: string, placed: readonly Placed[]): Promise<void> {
  let open = [...placed];
  await eventually(
    `${placed.length} orders are ${status}`,
    async () => {
      for (let first = 0; first < open.length; first += AT_ONCE) {
        const some = open.slice(first, first + AT_ONCE);
        const answers = await Promise.all(some.map(({ orderId }) => shop.order(orderId)));
        const done = new Set(some.filter((_, index) => answers[index]?.body.status === status));
        open = open.filter((order) => !done.has(order));
        if (done.size < some.length) return false;
      }
      return true;
    },
    180_000,
  );
}

/** Waits until each of these orders is paid, or given up. */
export async function end(shop: Shop, placed: readonly Placed[]): Promise<void> {
  await eventually(
    `${placed.length} orders have ended`,
    async () => {
      const unpaid = await unpaidAmong(shop, placed);
      const givenUp = new Set(await givenUpOf(shop, placed));
      return unpaid.every(({ orderId }) => givenUp.has(orderId));
    },
    240_000,
  );
}

/** How many of these orders are placed and not yet paid or rejected. */
export const unpaidOf = async (shop: Shop, placed: readonly Placed[]): Promise<number> =>
  (await unpaidAmong(shop, placed)).length;

async function unpaidAmong(shop: Shop, placed: readonly Placed[]): Promise<Placed[]> {
  const unpaid: Placed[] = [];
  for (let first = 0; first < placed.length; first += AT_ONCE) {
    const some = placed.slice(first, first + AT_ONCE);
    const answers = await Promise.all(some.map(({ orderId }) => shop.order(orderId)));
    unpaid.push(...some.filter((_, index) => answers[index]?.body.status === 'placed'));
  }
  return unpaid;
}

/** How often each of these orders was paid for. */
export async function bookingsOf(shop: Shop, placed: readonly Placed[]): Promise<number[]> {
  const booked = (await shop.provider.charges()).filter((attempt) => attempt.booked);
  const counts = new Map<string, number>();
  for (const { orderId } of booked) counts.set(orderId, (counts.get(orderId) ?? 0) + 1);
  return placed.map(({ orderId }) => counts.get(orderId) ?? 0);
}

/** Of these orders those with a dead letter, of whatever service. */
export async function givenUpOf(shop: Shop, placed: readonly Placed[]): Promise<string[]> {
  const letters = await Promise.all(SERVICES.map((service) => shop.deadLetters(service)));
  return among(
    placed,
    letters.flat().map(({ key }) => key),
  );
}

/** Records of billing's retry topics that are about these orders. */
export async function retriesOf(shop: Shop, placed: readonly Placed[]): Promise<string[]> {
  const topics = (await shop.broker.admin.listTopics()).filter((topic) => topic.startsWith('billing.retry.'));
  const records = await Promise.all(topics.map((topic) => shop.broker.read(topic)));
  return among(
    placed,
    records.flat().map(({ key }) => key),
  );
}

/** The subjects that each of these customers got, once each has so many and notifications has nothing left to do. */
export async function subjectsOf(shop: Shop, placed: readonly Placed[], count: number): Promise<string[][]> {
  await eventually(
    `${count} mails to each`,
    async () => (await mailbox(shop, placed)).every(({ length }) => length >= count),
    120_000,
  );
  await shop.mailsAreOut();
  return mailbox(shop, placed);
}

/** In one question: a mailbox of thousands is large. */
async function mailbox(shop: Shop, placed: readonly Placed[]): Promise<string[][]> {
  const { body } = await shop.http<Mail[]>(`${shop.control.system.mail}/email`);
  const subjects = new Map<string, string[]>(placed.map(({ email }) => [email, []]));
  for (const { to, subject } of body) for (const { address } of to ?? []) subjects.get(address)?.push(subject);
  return [...subjects.values()];
}

function among(placed: readonly Placed[], keys: readonly (string | null)[]): string[] {
  const ids = new Set(placed.map(({ orderId }) => orderId));
  return keys.filter((key) => key !== null && ids.has(key)) as string[];
}
