import { setTimeout as pause } from 'node:timers/promises';
import { ask } from './http.js';
import type { Hop, Journals } from './journals.js';
import type { Mail, Mailbox } from './mailbox.js';
import type { PlacedOrder } from './place-order.js';

/** What can be seen of an order from outside. */
export type Sight =
  | { kind: 'placed'; order: PlacedOrder }
  | { kind: 'hop'; hop: Hop }
  | { kind: 'mail'; mail: Mail }
  | { kind: 'status'; status: string };

export interface JourneyOptions {
  /** Where orders can be asked. */
  orders: string;
  /** What all messages of the order carry. */
  correlationId: string;
  journals: Journals;
  /** Undefined where the mail server has no page that shows its mails. */
  mailbox: Mailbox | undefined;
  /** From the answer to the order. */
  deadlineMs: number;
  /** Takes what comes to light, as soon as it does. */
  see: (sight: Sight) => void;
}

const MAILS = 2;

/** Follows one order until it is paid or rejected, everybody has heard of it, and its mails are there. */
export class Journey {
  order: PlacedOrder | undefined;
  readonly hops: Hop[] = [];
  readonly mails: Mail[] = [];

  constructor(private readonly options: JourneyOptions) {}

  /**
   * Resolves with what is missing when time is up: nothing, when the journey has come to its end. Rejects when the
   * order does.
   */
  async follow(placing: Promise<PlacedOrder>): Promise<string[]> {
    const order = await this.lookDuring(placing);
    this.order = order;
    this.options.see({ kind: 'placed', order: { ...order } });
    const deadline = Date.now() + this.options.deadlineMs;
    for (;;) {
      await this.lookAfter(order);
      const missing = this.missing(order.status);
      if (missing.length === 0 || Date.now() > deadline) return missing;
      await pause(50);
    }
  }

  /** The quote is asked for before the order is answered. */
  private async lookDuring(placing: Promise<PlacedOrder>): Promise<PlacedOrder> {
    for (;;) {
      const order = await Promise.race([placing, pause(20, undefined)]);
      this.readJournals();
      if (order) return order;
    }
  }

  private async lookAfter(order: PlacedOrder): Promise<void> {
    const { orders, mailbox, see } = this.options;
    // Whoever does not answer now may do so later: a journey can be watched while replicas are killed.
    const mails = (await mailbox?.next().catch(() => [])) ?? [];
    const status = await statusOf(`${orders}/orders/${order.orderId}`).catch(() => order.status);
    // Read last: what led to the mails and to the status stands in the journals by now, or soon.
    this.readJournals();
    for (const mail of mails) {
      this.mails.push(mail);
      see({ kind: 'mail', mail });
    }
    if (status === order.status) return;
    order.status = status;
    see({ kind: 'status', status });
  }

  private readJournals(): void {
    const { journals, correlationId, see } = this.options;
    for (const hop of journals.next().filter((hop) => hop.correlationId === correlationId)) {
      this.hops.push(hop);
      see({ kind: 'hop', hop });
    }
  }

  private missing(status: string): string[] {
    const decided = status === 'paid' || status === 'rejected';
    const news = status === 'rejected' ? 'billing.payment-declined.v1' : 'billing.payment-captured.v1';
    const mails = this.options.mailbox ? MAILS - this.mails.length : 0;
    return [
      ...this.unheard('orders.order-placed.v1', ['analytics', 'billing', 'notifications']),
      ...(decided ? this.unheard(news, ['analytics', 'notifications', 'orders']) : [`the order is still ${status}`]),
      ...(mails > 0 ? [`${mails} of ${MAILS} mails`] : []),
    ];
  }

  private unheard(topic: string, groups: string[]): string[] {
    return groups
      .filter((group) => !this.hops.some((hop) => hop.topic === topic && hop.group === group))
      .map((group) => `no replica of ${group} has handled ${topic}`);
  }
}

async function statusOf(url: string): Promise<string> {
  const { body } = await ask('orders', url, { signal: AbortSignal.timeout(2_000) });
  return (body as PlacedOrder).status;
}
