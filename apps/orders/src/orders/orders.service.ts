import { randomUUID } from 'node:crypto';
import { type Quote, QuotePrice } from '@fieldguide/contracts';
import { create, MessagingError, Requester, RequestFailedError, UnrecoverableError } from '@fieldguide/kafka';
import { Outbox, Transactional } from '@fieldguide/outbox';
import { isPassing } from '@fieldguide/service-kit';
import { Injectable } from '@nestjs/common';
import {
  KeyTakenError,
  NoQuoteError,
  UnfinishedOrderError,
  UnknownOrderError,
  UnknownSkuError,
} from './order-errors.js';
import { fingerprintOf, newsOf, type Order, type Wish } from './order.js';
import { type NewOrder, OrdersRepository } from './orders.repository.js';

/** A customer waits. */
const QUOTE_MS = 2_000;

@Injectable()
export class OrdersService {
  constructor(
    private readonly orders: OrdersRepository,
    private readonly requests: Requester,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Places an order. The same wish under the same key gives the same order, whatever became of the answer to the first.
   * @throws UnknownSkuError; NoQuoteError (nothing is stored); KeyTakenError; UnfinishedOrderError
   */
  async place(wish: Wish, idempotencyKey: string): Promise<Order> {
    const fingerprint = fingerprintOf(wish);
    const known = await this.orders.findByKey(idempotencyKey);
    if (known) return theSame(known, fingerprint);
    const { total } = await this.quote(wish);
    const order = { ...wish, id: randomUUID(), idempotencyKey, fingerprint, total };
    const stored = await this.store(order).catch((cause: unknown) => unfinished(idempotencyKey, cause));
    return theSame(stored, fingerprint);
  }

  /** @throws UnknownOrderError */
  async find(orderId: string): Promise<Order> {
    const order = await this.orders.find(orderId);
    if (!order) throw new UnknownOrderError(`There is no order ${orderId}.`);
    return order;
  }

  /** @throws UnknownOrderError */
  markPaid(orderId: string): Promise<void> {
    return this.settle(orderId, { status: 'paid' });
  }

  /** @throws UnknownOrderError */
  reject(orderId: string, reason: string): Promise<void> {
    return this.settle(orderId, { status: 'rejected', reason });
  }

  /** The order and the news of it, in one transaction: both or neither. */
  @Transactional()
  private async store(wanted: NewOrder): Promise<Order> {
    const { order, isNew } = await this.orders.store(wanted);
    if (isNew) await this.outbox.add(newsOf(order), { time: order.placedAt });
    return order;
  }

  private async quote({ lines }: Wish): Promise<Quote> {
    try {
      return await this.requests.ask(create(QuotePrice, { lines }), { timeoutMs: QUOTE_MS });
    } catch (cause) {
      if (cause instanceof RequestFailedError && cause.code === 'UNKNOWN_SKU') {
        throw new UnknownSkuError(cause.message, { cause });
      }
      if (cause instanceof MessagingError) throw new NoQuoteError('Billing gave no quote in time.', { cause });
      throw cause;
    }
  }

  /** Once, and only from `placed`: the same news again changes nothing. */
  private async settle(orderId: string, outcome: { status: 'paid' | 'rejected'; reason?: string }): Promise<void> {
    if (await this.orders.settle(orderId, outcome)) return;
    const { status } = await this.find(orderId);
    if (status !== outcome.status) {
      throw new UnrecoverableError(`Order ${orderId} is ${status} and can not become ${outcome.status}.`, {
        code: 'ORDER_SETTLED',
      });
    }
  }
}

function theSame(order: Order, fingerprint: string): Order {
  if (order.fingerprint !== fingerprint) throw new KeyTakenError('This key was used before with another body.');
  return order;
}

/** Whatever passes by itself leaves an order that its key finishes; anything else is what it is. */
function unfinished(idempotencyKey: string, cause: unknown): never {
  throw isPassing(cause) ? new UnfinishedOrderError(idempotencyKey, { cause }) : cause;
}
