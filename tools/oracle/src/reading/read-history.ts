import { PaymentProvider } from '@fieldguide/payment-provider';
import { type ShopControl, usualReplicas } from '@fieldguide/replicas';
import type { Accepted, Attempt, Fault, History, OutboxEvent } from '../history.js';
import { OracleError } from '../oracle-error.js';
import { Broker } from './broker.js';
import { readAccepted, readFaults } from './chaos-log.js';
import { Database } from './database.js';
import { readMails } from './mailbox.js';
import { readDeadLetters, readEvents } from './records.js';
import { settle, unhandled, waiting } from './settling.js';
import { readCharges, readOrders, readOutbox, readSales, readTakings } from './tables.js';

export interface ReadOptions {
  /** Orders that were placed earlier are not judged. */
  readonly since?: Date;
  /** These orders only. */
  readonly orders?: Iterable<string>;
  /** How long the shop may take to settle. Default: 90 000, more than all attempts at one event take together. */
  readonly waitMs?: number;
  /** What customers were told. Default: what chaos has written down in this home. */
  readonly accepted?: readonly Accepted[];
  /** Default: what chaos has written down in this home. */
  readonly faults?: readonly Fault[];
}

const SERVICES = [...new Set(usualReplicas.map((replica) => replica.replace(/-\d+$/, '')))];
type Databases = Record<'orders' | 'billing' | 'analytics', Database>;

/**
 * Waits until the shop of this home has settled, or the wait is over, then asks all witnesses.
 * @throws OracleError where one of them does not answer
 */
export async function readHistory(shop: ShopControl, options: ReadOptions = {}): Promise<History> {
  const open: { close(): Promise<void> }[] = [];
  const opened = async <T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T> => {
    const one = await opening;
    open.push(one);
    return one;
  };
  try {
    const broker = await opened(Broker.open(shop.system.kafka));
    const [orders, billing, analytics] = [
      await opened(Database.open('orders')),
      await opened(Database.open('billing')),
      await opened(Database.open('analytics')),
    ];
    return await ask(shop, broker, { orders, billing, analytics }, options);
  } finally {
    await Promise.all(open.map((one) => one.close().catch(() => undefined)));
  }
}

async function ask(
  { system }: ShopControl,
  broker: Broker,
  databases: Databases,
  { since, orders: named, waitMs = 90_000, accepted = readAccepted(), faults = readFaults() }: ReadOptions,
): Promise<History> {
  const orders = named && new Set([...named].map((id) => id.toLowerCase()));
  const { until, unfinished } = await settle(() => look(broker, databases, orders), waitMs);
  const judged = { ...(since && { since: since.toISOString() }), ...(orders ? { orders } : { until }) };
  const isMeant = ({ orderId }: { orderId: string }): boolean => !orders || orders.has(orderId.toLowerCase());
  // The orders last: whatever is heard of before then is stored.
  const events = await readEvents(broker, orders);
  const mails = await readMails(system.mail);
  return {
    judged,
    unfinished,
    ...events,
    accepted: accepted.filter(isMeant),
    faults,
    mails: mails?.filter(isMeant),
    ledger: (await readLedger(system.paymentProvider)).filter(isMeant),
    deadLetters: (await readDeadLetters(broker)).filter(({ orderId = '' }) => isMeant({ orderId })),
    takings: await readTakings(databases.analytics),
    sales: await readSales(databases.analytics, orders),
    charges: await readCharges(databases.billing, orders),
    outbox: await outboxOf(databases),
    orders: await readOrders(databases.orders, orders),
  };
}

async function look(broker: Broker, databases: Databases, orders?: ReadonlySet<string>): Promise<string[]> {
  const sentences = waiting((await outboxOf(databases)) ?? []);
  for (const service of SERVICES) sentences.push(...(await unhandled(broker, service, orders)));
  return sentences;
}

async function outboxOf({ orders, billing }: Databases): Promise<OutboxEvent[] | undefined> {
  const outboxes = [await readOutbox(orders), await readOutbox(billing)].filter((outbox) => outbox !== undefined);
  return outboxes.length > 0 ? outboxes.flat() : undefined;
}

async function readLedger(url: string | undefined): Promise<Attempt[]> {
  if (!url) throw new OracleError('There is no payment provider in system.json: does the shop run?');
  return new PaymentProvider(url).charges();
}
