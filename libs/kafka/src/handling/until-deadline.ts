import { setTimeout as sleep } from 'node:timers/promises';
import { isPassing } from '../client/index.js';

/** Tries again while what fails is the way to the broker. Throws the last failure when the time is up. */
export async function untilDeadline<T>(timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || Date.now() + pauseMs > deadline) throw error;
    }
    await sleep(pauseMs);
  }
}
