import { setTimeout as pause } from 'node:timers/promises';
import { bringUp, takeDown } from '../run/replicas.js';
import { Random } from '../schedule/random.js';
import { groupSettles } from '../seen/groups.js';
import { seconds } from '../seen/waiting.js';
import type { Injector, Surroundings } from './injector.js';

const serviceOf = (replica: string): string => replica.replace(/-\d+$/, '');

export const kill: Injector = async ({ target, lastsMs }, around) => {
  await around.control.kill(target);
  try {
    await pause(lastsMs, undefined, around);
  } finally {
    await bringUp(around.control, target);
  }
  return groupSettles(serviceOf(target), around);
};

export const freeze: Injector = async ({ target, lastsMs }, around) => {
  await around.control.pause(target);
  try {
    await pause(lastsMs, undefined, around);
  } finally {
    await bringUp(around.control, target);
  }
  return groupSettles(serviceOf(target), around);
};

export const term: Injector = async ({ target: service, lastsMs }, around) => {
  const took: string[] = [];
  for (const replica of await replicasOf(service, around)) {
    const begun = Date.now();
    const { ended = '' } = await around.control.stop(replica);
    await bringUp(around.control, replica);
    took.push(`${replica} ${ended}, back after ${seconds(Date.now() - begun)}`);
    await pause(lastsMs, undefined, around);
  }
  return `${took.join('; ')}; ${await groupSettles(service, around)}`;
};

/** Joins and leaves follow each other while the group still deals with the one before. */
export const rebalance: Injector = async ({ target: service, lastsMs, seed }, around) => {
  const random = new Random(seed);
  const { length } = await replicasOf(service, around);
  const added = Array.from({ length: random.between(1, 2) }, (_, index) => `${service}-${length + 1 + index}`);
  try {
    await Promise.all(added.map((replica) => bringUp(around.control, replica)));
    await pause(lastsMs, undefined, around);
  } finally {
    for (const replica of random.shuffled(added)) await takeDown(around.control, replica);
  }
  return `${added.join(', ')} came and went; ${await groupSettles(service, around)}`;
};

async function replicasOf(service: string, { control }: Surroundings): Promise<string[]> {
  const all = await control.list();
  return all
    .filter((replica) => replica.service === service && replica.state === 'ready')
    .map(({ replica }) => replica);
}
