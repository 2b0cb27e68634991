import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { home } from '@fieldguide/infra';
import { bringUp } from '../run/replicas.js';
import { Random } from '../schedule/random.js';
import type { Injector, Surroundings } from './injector.js';

const HOUR_MS = 3_600_000;

/** Loaded by a service before its own main: what it takes for the time is off. How time passes, and timers, are right. */
const wrongClock = (offMs: number): string => `
const RightDate = globalThis.Date;
const now = () => RightDate.now() + ${offMs};
globalThis.Date = class Date extends RightDate {
  constructor(...given) {
    super(...(given.length > 0 ? given : [now()]));
  }
  static now() {
    return now();
  }
};
`;

const fileOf = (service: string): string => path.join(home(), 'preload', `${service}.mjs`);

export const clock: Injector = async ({ target: service, lastsMs, seed }, around) => {
  const file = fileOf(service);
  if (existsSync(file)) return `nothing done: ${file} is somebody else's`;
  const offMs = new Random(seed).pick([HOUR_MS, -HOUR_MS]);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, wrongClock(offMs));
  try {
    await restart(service, around);
    await pause(lastsMs, undefined, around);
  } finally {
    rmSync(file, { force: true });
    await restart(service, around);
  }
  return `${service} was an hour ${offMs > 0 ? 'ahead' : 'behind'}`;
};

/** What a run that was killed has left. */
export function rightClocks(services: readonly string[]): void {
  for (const service of services) rmSync(fileOf(service), { force: true });
}

async function restart(service: string, { control }: Surroundings): Promise<void> {
  for (const { replica, state } of await control.list()) {
    if (!replica.startsWith(`${service}-`) || state !== 'ready') continue;
    await control.stop(replica);
    await bringUp(control, replica);
  }
}
