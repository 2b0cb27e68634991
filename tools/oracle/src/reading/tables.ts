import type { Charge, OutboxEvent, Sale, StoredOrder, Taking } from '../history.js';
import type { Database } from './database.js';

/** Of these orders, or of all. */
type Orders = ReadonlySet<string> | undefined;

/** PostgreSQL's numbers of 64 bits come as text. */
interface OrderRow {
  id: string;
  key: string;
  email: string;
  cents: string;
  currency: string;
  status: string;
  placedAt: Date;
}

export async function readOrders(database: Database, orders: Orders): Promise<StoredOrder[]> {
  const rows = await database.rows<OrderRow>(
    `select id, idempotency_key as key, customer_email as email, total_cents as cents, currency, status,
       placed_at as "placedAt" from orders where $1::uuid[] is null or id = any($1)`,
    [listOf(orders)],
  );
  return rows.map(({ placedAt, cents, currency, ...row }) => ({
    ...row,
    total: { cents: Number(cents), currency },
    placedAt: placedAt.toISOString(),
  }));
}

interface ChargeRow {
  orderId: string;
  cents: string;
  currency: string;
  status: string;
  paymentId: string | null;
  decidedAt: Date | null;
}

export async function readCharges(database: Database, orders: Orders): Promise<Charge[]> {
  const rows = await database.rows<ChargeRow>(
    `select order_id as "orderId", cents, currency, status, payment_id as "paymentId", decided_at as "decidedAt"
       from charges where $1::uuid[] is null or order_id = any($1)`,
    [listOf(orders)],
  );
  return rows.map(({ orderId, cents, currency, status, paymentId, decidedAt }) => ({
    ...{ orderId, status, amount: { cents: Number(cents), currency } },
    ...(paymentId !== null && { paymentId }),
    ...(decidedAt && { decidedAt: decidedAt.toISOString() }),
  }));
}

/** Undefined where analytics keeps no such table. */
export async function readSales(database: Database, orders: Orders): Promise<Sale[] | undefined> {
  if (!(await database.hasTable('sales'))) return undefined;
  const rows = await database.rows<{ orderId: string; placed: boolean; cents: string | null; rejected: boolean }>(
    `select order_id as "orderId", placed_at is not null as placed, paid_cents as cents,
       rejected_at is not null as rejected from sales where $1::uuid[] is null or order_id = any($1)`,
    [listOf(orders)],
  );
  return rows.map(({ cents, ...row }) => ({ ...row, ...(cents !== null && { paidCents: Number(cents) }) }));
}

/** Undefined where analytics keeps no such table. */
export async function readTakings(database: Database): Promise<Taking[] | undefined> {
  if (!(await database.hasTable('takings'))) return undefined;
  const rows = await database.rows<{ currency: string; cents: string; payments: string }>(
    'select currency, captured_cents as cents, payments from takings',
  );
  return rows.map(({ currency, cents, payments }) => ({ currency, cents: Number(cents), payments: Number(payments) }));
}

interface OutboxRow {
  position: string;
  id: string;
  topic: string;
  key: string;
  storedAt: Date;
  aside: boolean;
  problem: string | null;
}

/** What is not said yet, and what never will be. Undefined where there is no outbox. */
export async function readOutbox(database: Database): Promise<OutboxEvent[] | undefined> {
  if (!(await database.hasTable('outbox'))) return undefined;
  const rows = await database.rows<OutboxRow>(
    `select position, id, topic, key, stored_at as "storedAt", set_aside_at is not null as aside, problem
       from outbox where sent_at is null order by position`,
  );
  return rows.map(({ storedAt, aside, problem, ...row }) => ({
    ...{ ...row, service: database.service, storedAt: storedAt.toISOString() },
    ...(aside && { problem: problem ?? 'no reason is given' }),
  }));
}

const listOf = (orders: Orders): string[] | null => (orders ? [...orders] : null);
