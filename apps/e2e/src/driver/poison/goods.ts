import type { Good } from '@fieldguide/poison';
import { randomUUID } from 'node:crypto';
import { anyone } from '../shop.js';

/** A message as its service takes it, and no other is like it. */
export type MakeGood = () => Good;

const EUR = (cents: number) => ({ cents, currency: 'EUR' });

/** By topic. */
export const GOODS = {
  'orders.order-placed.v1': byOrder((orderId) => ({
    orderId,
    customerEmail: anyone(),
    card: 'tok_visa',
    lines: [{ sku: 'tea', quantity: 1 }],
    total: EUR(495),
  })),
  'billing.payment-captured.v1': byOrder((orderId) => ({ orderId, paymentId: `pay_${orderId}`, amount: EUR(495) })),
  'billing.payment-declined.v1': byOrder((orderId) => ({ orderId, reason: 'card declined' })),
  'billing.price-list-changed.v1': (): Good => {
    const sku = `poison-${randomUUID()}`;
    return good(sku, { sku, price: EUR(495), revision: 1 });
  },
  'billing.quote-price.v1': (): Good => good('question', { lines: [{ sku: 'tea', quantity: 2 }] }),
  'orders.replies': (): Good => {
    const lines = [{ sku: 'tea', quantity: 2, price: EUR(495) }];
    return withHeaders(good('answer', { lines, total: EUR(990) }), { kafka_correlationId: randomUUID() });
  },
} as const;

export type GoodTopic = keyof typeof GOODS;

export const idOf = ({ headers }: Good): string => String(headers['ce_id']);

export const orderIdOf = ({ value }: Good): string => (value as { orderId: string }).orderId;

export const withHeaders = (made: Good, headers: Good['headers']): Good => ({
  ...made,
  headers: { ...made.headers, ...headers },
});

/** The same as a question that wants its answer in a topic, under its own id. */
export const askedFrom = (replyTopic: string): Good => {
  const made = GOODS['billing.quote-price.v1']();
  return withHeaders(made, { kafka_correlationId: idOf(made), kafka_replyTopic: replyTopic });
};

/** As it stands in the retry topic of a service that has failed for it three times, and due now. */
export function retried(topic: GoodTopic, service: string): Good {
  const [partition, offset, timestamp] = [Buffer.alloc(4), Buffer.alloc(8), Buffer.alloc(8)];
  timestamp.writeBigInt64BE(BigInt(Date.now()));
  return withHeaders(GOODS[topic](), {
    'kafka_dlt-original-topic': topic,
    'kafka_dlt-original-partition': partition,
    'kafka_dlt-original-offset': offset,
    'kafka_dlt-original-timestamp': timestamp,
    'kafka_dlt-original-consumer-group': service,
    'retry-attempts': '3',
    'retry-due': String(Date.now()),
  });
}

function byOrder(valueOf: (orderId: string) => object): MakeGood {
  return () => {
    const orderId = randomUUID();
    return good(orderId, valueOf(orderId));
  };
}

function good(key: string, value: object): Good {
  return { key, value, headers: { ce_id: randomUUID(), origin: 'e2e' } };
}
