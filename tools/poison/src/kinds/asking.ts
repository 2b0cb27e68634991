import { type Ending, HANDLED } from '../ending.js';
import { type Good, type Poison, recordOf } from '../poison.js';

/** It is handled, and nobody can be told. */
const UNTOLD: Ending = { ...HANDLED, request: 'nothing' };

/** A good question that wants its answer at an odd place. */
export const ASKING_POISONS: readonly Poison[] = [
  headed('a reply partition that there is not', { kafka_replyPartition: '99999999' }, HANDLED),
  headed('a reply partition in words', { kafka_replyPartition: 'any' }, HANDLED),
  headed('an event topic as the reply topic', { kafka_replyTopic: 'orders.order-placed.v1' }, UNTOLD),
  headed('a dead-letter topic as the reply topic', { kafka_replyTopic: 'billing.dead-letters' }, UNTOLD),
  headed('a reply topic whose name no topic can have', { kafka_replyTopic: 'no topic/\u0000' }, UNTOLD),
  headed('a correlation id of no bytes', { kafka_correlationId: '' }, UNTOLD),
];

function headed(name: string, headers: Good['headers'], here: Ending): Poison {
  return { name, make: (good) => [{ ...recordOf(good), headers: { ...good.headers, ...headers } }], here };
}
