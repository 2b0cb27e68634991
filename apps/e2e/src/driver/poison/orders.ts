import type { Step } from '@fieldguide/poison';
import { query } from '../database.js';
import { eventually } from '../eventually.js';
import { anyone, type Mail, type Shop } from '../shop.js';
import { settled } from './fates.js';
import { orderIdOf } from './goods.js';

/** What the world outside has seen of an order. */
export interface OrderSeen {
  readonly name: string;
  readonly status: string;
  /** Booked. */
  readonly charges: number;
  /** The ends of the subjects, sorted: `paid`. */
  readonly mails: readonly string[];
}

export type SeenOfOrder = Omit<OrderSeen, 'name'>;

/** Orders of steps, as if customers had placed them, and nobody had told of them yet. */
export class PoisonedOrders {
  readonly #addresses = new Map<string, string>();

  constructor(
    private readonly shop: Shop,
    private readonly steps: readonly Step[],
  ) {
    for (const { good } of steps) {
      const { customerEmail = anyone() } = good.value as { customerEmail?: string };
      this.#addresses.set(orderIdOf(good), customerEmail);
    }
  }

  /** In orders' own database. */
  async place(): Promise<void> {
    const columns = 'id, idempotency_key, fingerprint, customer_email, card, lines, total_cents, currency';
    const sql = `INSERT INTO orders (${columns})
      SELECT id, id::text, '', email, 'tok_visa', '[]', 495, 'EUR' FROM unnest($1::uuid[], $2::text[]) AS o (id, email)`;
    await query('orders', sql, [[...this.#addresses.keys()], [...this.#addresses.values()]]);
  }

  /** In notifications' own database: whom to mail. */
  async introduce(): Promise<void> {
    const sql = 'INSERT INTO recipients (order_id, address) SELECT * FROM unnest($1::uuid[], $2::text[])';
    await query('notifications', sql, [[...this.#addresses.keys()], [...this.#addresses.values()]]);
  }

  /** What is expected: the same of all that are handled, and nothing of the others. */
  expected(handled: SeenOfOrder): OrderSeen[] {
    const untouched = { status: 'placed', charges: 0, mails: [] };
    return this.steps.map(({ name, here }) => ({ name, ...(here.event === 'handled' ? handled : untouched) }));
  }

  /** Waits until as much is there as is expected, or half a minute, and tells what is there. */
  async seen(expected: readonly OrderSeen[]): Promise<OrderSeen[]> {
    for (const service of ['orders', 'notifications']) await settled(this.shop, service, 'billing.payment-captured.v1');
    let seen: OrderSeen[] = [];
    const allSeen = async () => weigh((seen = await this.#look())) >= weigh(expected);
    await eventually('the outside world has seen it', allSeen).catch(() => undefined);
    return seen;
  }

  async #look(): Promise<OrderSeen[]> {
    const sql = 'SELECT id, status FROM orders WHERE id = ANY($1)';
    const rows = await query<{ id: string; status: string }>('orders', sql, [[...this.#addresses.keys()]]);
    const statuses = new Map(rows.map(({ id, status }) => [id, status]));
    const charges = (await this.shop.provider.charges()).filter(({ booked }) => booked);
    const { body: mails } = await this.shop.http<Mail[]>(`${this.shop.control.system.mail}/email`);
    return this.steps.map(({ name, good }) => {
      const id = orderIdOf(good);
      return {
        name,
        status: statuses.get(id) ?? 'placed',
        charges: charges.filter(({ orderId }) => orderId === id).length,
        mails: mails
          .map(({ subject }) => subject)
          .flatMap((subject) => endOf(subject, id))
          .sort(),
      };
    });
  }
}

const weigh = (all: readonly OrderSeen[]): number =>
  all.reduce((sum, { status, charges, mails }) => sum + Number(status !== 'placed') + charges + mails.length, 0);

/** `Your order <id>: paid` */
const endOf = (subject: string, orderId: string): string[] =>
  subject.includes(orderId) ? [subject.slice(subject.lastIndexOf(': ') + 2)] : [];
