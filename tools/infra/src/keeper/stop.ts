import { setTimeout as pause } from 'node:timers/promises';
import { InfraError } from '../infra-error.js';
import { end } from '../machine/processes.js';
import { open } from './connect.js';
import { send } from './protocol.js';
import { livingKeeper } from './registration.js';

const STOP_WITHIN_MS = 25_000;

/** Ends the keeper of a home, and with it all that it runs, whoever holds a lease. Resolves when it is gone. */
export async function stopKeeper(home: string): Promise<boolean> {
  const keeper = livingKeeper(home);
  if (!keeper) return false;
  const socket = await open(home);
  if (socket) send(socket, { type: 'stop' });
  const deadline = Date.now() + STOP_WITHIN_MS;
  while (livingKeeper(home)) {
    if (Date.now() > deadline)
      throw new InfraError(`The keeper of ${home} (pid ${keeper.pid}) does not stop: kill -9 ${keeper.pid}.`);
    // One that does not listen is asked the other way.
    if (!socket) await end(keeper, 'SIGTERM', STOP_WITHIN_MS);
    await pause(50);
  }
  socket?.destroy();
  return true;
}

/** Resolves when nothing runs in a home any more; rejects where somebody holds a lease for longer than that. */
export async function untilStopped(home: string, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (livingKeeper(home)) {
    if (Date.now() > deadline)
      throw new InfraError(`Infrastructure still runs in ${home} after ${withinMs / 1000} s: somebody holds it.`);
    await pause(50);
  }
}
