import { randomUUID } from 'node:crypto';
import { readCredentials } from '@fieldguide/infra';
import type { Accepted } from '@fieldguide/oracle';
import { PaymentProvider } from '@fieldguide/payment-provider';
import type { ShopControl } from '@fieldguide/replicas';
import pg from 'pg';
import { place } from '../load/customer.js';
import type { Wish } from '../load/wish.js';
import { Random } from '../schedule/random.js';
import { ShopBroker } from '../seen/broker.js';
import { until } from '../seen/waiting.js';

const PATIENCE_MS = 60_000;

/** A shop in which one fault is done to some orders. */
export class Scene {
  readonly accepted: Accepted[] = [];
  readonly provider: PaymentProvider;
  readonly broker: ShopBroker;

  constructor(
    readonly control: ShopControl,
    private readonly signal: AbortSignal,
  ) {
    this.provider = new PaymentProvider(control.system.paymentProvider ?? '');
    this.broker = new ShopBroker(() => control.system.kafka);
  }

  get orderIds(): ReadonlySet<string> {
    return new Set(this.accepted.map(({ orderId }) => orderId));
  }

  /** Resolves when so many customers have been told that their orders are accepted. */
  async placeOrders(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.placeOrder()));
  }

  /** Rejects with a sentence after a minute. */
  when(what: string, ask: () => Promise<boolean>): Promise<true> {
    return until(what, { withinMs: PATIENCE_MS, signal: this.signal }, async () => (await ask()) || undefined);
  }

  /** How many of the orders are so in a service's own database: `query` takes their ids. */
  async count(service: string, query: string): Promise<number> {
    const client = new pg.Client({ connectionString: readCredentials()?.databases[service], query_timeout: 10_000 });
    client.on('error', () => undefined); // the query says it
    await client.connect();
    try {
      return (await client.query(query, [[...this.orderIds]])).rowCount ?? 0;
    } finally {
      await client.end();
    }
  }

  private async placeOrder(): Promise<void> {
    const key = `devices-${randomUUID()}`;
    const plan = { key, wish: wishOf(key), impatientMs: undefined, forgets: false, random: new Random(1) };
    const urls = (): string[] => [this.control.system['orders'] ?? ''];
    const patience = AbortSignal.any([this.signal, AbortSignal.timeout(PATIENCE_MS)]);
    const { status, orderId, total } = await place(plan, { urls, patience });
    if (status !== 201 || orderId === undefined) throw new Error(`An order was not accepted: ${status}.`);
    this.accepted.push({ at: new Date().toISOString(), key, orderId, total: total as Accepted['total'] });
  }
}

const wishOf = (name: string): Wish => ({
  customerEmail: `${name}@example.org`,
  card: 'tok_visa',
  lines: [{ sku: 'tea', quantity: 1 }],
});
