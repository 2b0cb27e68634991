import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { usualReplicas } from '@fieldguide/replicas';
import { Shop } from './driver/shop.js';

interface Health {
  readonly status: string;
}

describe('a service that has started', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.connect();
  });
  afterAll(() => shop.close());

  it('serves HTTP and is a member of its group, in one process', async () => {
    for (const replica of usualReplicas) {
      const { status, body } = await shop.http<Health>(`${shop.control.url(replica)}/health/ready`);

      expect({ replica, status, health: body.status }).toEqual({ replica, status: 200, health: 'ok' });
    }
  });

  it('has created the topics that it owns, with the partitions of their contracts', async () => {
    const topics = await shop.broker.admin.listTopics();

    expect(topics).toEqual(
      expect.arrayContaining([
        'orders.order-placed.v1',
        'orders.replies',
        'orders.dead-letters',
        'billing.quote-price.v1',
        'billing.payment-captured.v1',
        'billing.payment-declined.v1',
        'billing.price-list-changed.v1',
        'billing.retry.1s',
        'billing.retry.10s',
        'billing.retry.1m',
        'billing.dead-letters',
        'billing.dead-letters.settled',
        'notifications.dead-letters',
      ]),
    );
    const { topics: placed } = await shop.broker.admin.fetchTopicMetadata({ topics: ['orders.order-placed.v1'] });
    expect(placed[0]?.partitions).toHaveLength(6);
  });

  it('counts what it does, for Prometheus', async () => {
    const { orderId } = await shop.ordered();
    await shop.becomes(orderId, 'paid');

    const { body } = await shop.http<string>(`${shop.control.url('orders-1')}/metrics`);

    expect(body).toMatch(/kafka_messages_published_total\{[^}]*topic="orders\.order-placed\.v1"[^}]*\} [1-9]/);
    expect(body).toMatch(/kafka_messages_handled_total\{[^}]*topic="billing\.payment-captured\.v1"[^}]*\} [1-9]/);
  });

  it('documents its API', async () => {
    const { status, body } = await shop.http<{ paths: object }>(`${shop.control.url('orders-1')}/docs-json`);

    expect(status).toBe(200);
    expect(Object.keys(body.paths)).toEqual(expect.arrayContaining(['/orders', '/orders/{id}']));
  });
});
