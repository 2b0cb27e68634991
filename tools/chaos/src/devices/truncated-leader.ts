import { setTimeout as pause } from 'node:timers/promises';
import { brokerControl, type BrokerControl } from '@fieldguide/infra';
import kafkajs from 'kafkajs';
import { until } from '../seen/waiting.js';
import { HeldRelay } from './held-relay.js';
import type { Scene } from './scene.js';

const TOPIC = 'orders.order-placed.v1';
/** Longer than a follower's question is open (`replica.fetch.wait.max.ms`, 500): its answer would bring the record. */
const ASKED_MS = 1_500;
/** How long a mark may take that must not come. */
const MARKED_WITHIN_MS = 8_000;
const LED_WITHIN_MS = 60_000;

/**
 * 1. An order is accepted, and its event held in the outbox; 2. the followers of its partition are frozen; 3. the event is
 * let go to the leader, which alone has it; 4. the leader is killed, and a follower takes its place; 5. the old leader comes
 * back, and follows: what the others do not have is cut off.
 */
export async function cutOffWhatOneHas(scene: Scene): Promise<void> {
  await scene.placeOrders(1);
  await scene.when('the first event is marked', async () => (await marked(scene)) === 1);
  const relay = await HeldRelay.of('orders');
  try {
    await scene.placeOrders(1);
    await cutOff(scene, brokerControl(), () => relay.letGo());
  } finally {
    await relay.letGo();
  }
}

async function cutOff(scene: Scene, kafka: BrokerControl, letGo: () => Promise<void>): Promise<void> {
  const partition = await partitionOf(scene);
  const first = (await scene.broker.leaderOf(TOPIC, partition)) ?? 0;
  const followers = kafka.nodes.map(({ id }) => id).filter((id) => id !== first);
  try {
    for (const id of followers) await kafka.pause(id);
    await pause(ASKED_MS);
    await letGo();
    const isMarked = async (): Promise<boolean> => (await marked(scene)) === 2;
    await until('the event is marked', { withinMs: MARKED_WITHIN_MS }, isMarked).catch(() => undefined);
    await kafka.kill(first);
  } finally {
    for (const id of followers) await kafka.resume(id);
  }
  await until('another leader', { withinMs: LED_WITHIN_MS }, async () => {
    const leader = await scene.broker.leaderOf(TOPIC, partition);
    return leader !== undefined && followers.includes(leader);
  });
  await kafka.start(first);
}

const marked = (scene: Scene): Promise<number> =>
  scene.count('orders', 'select from outbox where key = any($1) and sent_at is not null');

/** Of the last order. */
async function partitionOf({ accepted, broker }: Scene): Promise<number> {
  const partitionMetadata = [...(await broker.ends(TOPIC)).keys()].map((partitionId) => ({
    ...{ partitionErrorCode: 0, partitionId, leader: 0, replicas: [], isr: [] },
  }));
  const key = accepted.at(-1)?.orderId ?? '';
  const choose = kafkajs.Partitioners.DefaultPartitioner();
  return choose({ topic: TOPIC, partitionMetadata, message: { key, value: null } });
}
