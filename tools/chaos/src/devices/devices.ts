import type { ServiceName } from '@fieldguide/replicas';
import { bringUp } from '../run/replicas.js';
import { until } from '../seen/waiting.js';
import type { Scene } from './scene.js';
import { cutOffWhatOneHas } from './truncated-leader.js';
import type { DeviceName } from './variants/take-out.js';

export interface Device {
  /** The service that is run without it. */
  readonly service: ServiceName;
  /** What it does. */
  readonly promise: string;
  /** The fault that it is there for. */
  readonly fault: string;
  /** Does that fault to some orders, and takes it back. */
  readonly hurt: (scene: Scene) => Promise<void>;
  /** It shows in a sum of all orders, and not in any of them. */
  readonly inSums: boolean;
  /** Default: 1 */
  readonly brokers?: 3;
}

const ORDERS = 2;
const CHARGE_MS = 10_000;
/** How long a commit may take that must not come. */
const COMMITTED_WITHIN_MS = 3_000;
const PLACED = 'orders.order-placed.v1';
const CAPTURED = 'billing.payment-captured.v1';

export const DEVICES: Readonly<Record<DeviceName, Device>> = {
  inbox: {
    service: 'analytics',
    promise: 'an event that comes again is left out',
    fault: 'payment events are published again, as they are',
    inSums: true,
    hurt: async (scene) => {
      await scene.placeOrders(ORDERS);
      const paid = `select from sales where order_id::text = any($1) and paid_cents is not null`;
      await scene.when('analytics has counted', async () => (await scene.count('analytics', paid)) === ORDERS);
      await publishAgain(CAPTURED, scene);
    },
  },
  'publish-before-mark': {
    service: 'orders',
    promise: 'an event is marked as sent when the broker has it',
    fault: 'kill -9 of orders when its events are marked',
    inSums: false,
    hurt: async (scene) => {
      await scene.placeOrders(ORDERS);
      const marked = `select from outbox where key = any($1) and sent_at is not null`;
      await scene.when('the events are marked', async () => (await scene.count('orders', marked)) === ORDERS);
      await scene.control.kill('orders-1');
      await bringUp(scene.control, 'orders-1');
    },
  },
  'handle-before-commit': {
    service: 'billing',
    promise: 'an event is committed when it is handled',
    fault: 'kill -9 of billing while it waits for a charge',
    inSums: false,
    hurt: async (scene) => {
      await scene.provider.faults({ latencyMs: CHARGE_MS });
      try {
        await scene.placeOrders(ORDERS);
        await scene.when('a charge is waited for', async () => (await scene.provider.health()).waiting > 0);
        await committed(scene);
        await scene.control.kill('billing-1');
      } finally {
        await scene.provider.clearFaults();
        await bringUp(scene.control, 'billing-1');
      }
    },
  },
  'provider-key': {
    service: 'billing',
    promise: 'each attempt at a charge has the same key',
    fault: 'the payment provider books, and drops the connection',
    inSums: false,
    hurt: async (scene) => {
      await scene.provider.faults({ loseAnswers: true });
      try {
        await scene.placeOrders(ORDERS);
        await scene.when('a charge is tried again', () => isTriedAgain(scene));
      } finally {
        await scene.provider.clearFaults();
      }
    },
  },
  'acks-of-all': {
    service: 'orders',
    promise: 'an event is published when every broker in sync has it',
    fault: 'of three brokers only the leader answers, and is killed',
    inSums: false,
    brokers: 3,
    hurt: cutOffWhatOneHas,
  },
};

/** With the same identities, into the same partitions. */
async function publishAgain(topic: string, { broker, orderIds }: Scene): Promise<void> {
  for (const [partition, end] of await broker.ends(topic)) {
    const records = await broker.read(topic, partition, 0n, Number(end));
    const ours = records.filter(({ key }) => key !== null && orderIds.has(key.toString()));
    if (ours.length > 0) await broker.publish(topic, ours);
  }
}

/** Resolves also where it does not come in time: with the device it does not. */
async function committed({ broker }: Scene): Promise<void> {
  const isCommitted = async (): Promise<boolean> => (await broker.behind('billing', PLACED)) === 0n;
  await until('billing has committed', { withinMs: COMMITTED_WITHIN_MS }, isCommitted).catch(() => undefined);
}

async function isTriedAgain({ provider, orderIds }: Scene): Promise<boolean> {
  const attempts = (await provider.charges()).filter(({ orderId }) => orderIds.has(orderId));
  return [...orderIds].some((id) => attempts.filter(({ orderId }) => orderId === id).length > 1);
}
