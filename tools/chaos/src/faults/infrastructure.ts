import { setTimeout as pause } from 'node:timers/promises';
import type { PartControl } from '@fieldguide/infra';
import { Random } from '../schedule/random.js';
import { seconds } from '../seen/waiting.js';
import type { Fault } from '../schedule/schedule.js';
import type { Injector, Surroundings } from './injector.js';

export const broker: Injector = async (fault, around) => {
  const id = Number(fault.target.replace('kafka-', ''));
  return killNode(id, fault, around);
};

export const leader: Injector = async (fault, around) => {
  const topic = fault.target;
  const partition = new Random(fault.seed).pick([...(around.begin.get(topic)?.keys() ?? [])]);
  const id = (await around.broker.leaderOf(topic, partition)) ?? 1;
  const killed = await killNode(id, fault, around);
  return `kafka-${id} led partition ${partition}; ${killed}`;
};

export const database: Injector = (fault, around) =>
  without(needed(around.parts.postgres, 'PostgreSQL'), fault, around);

export const mail: Injector = (fault, around) => without(needed(around.parts.mail, 'The mail server'), fault, around);

async function killNode(id: number, { lastsMs }: Fault, { parts, signal }: Surroundings): Promise<string> {
  const kafka = needed(parts.kafka, 'Kafka');
  await kafka.kill(id);
  return comesBack(() => kafka.start(id), lastsMs, signal);
}

async function without(part: PartControl, { lastsMs }: Fault, { signal }: Surroundings): Promise<string> {
  await part.stop();
  return comesBack(() => part.start(), lastsMs, signal);
}

async function comesBack(start: () => Promise<void>, lastsMs: number, signal: AbortSignal): Promise<string> {
  const begun = Date.now();
  try {
    await pause(lastsMs, undefined, { signal });
  } finally {
    await start();
  }
  return `ready again after ${seconds(Date.now() - begun)}`;
}

function needed<T>(part: T | undefined, name: string): T {
  if (part) return part;
  throw new Error(`${name} is not run by this home.`);
}
