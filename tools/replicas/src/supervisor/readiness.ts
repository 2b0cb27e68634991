import { setTimeout as pause } from 'node:timers/promises';

/** Asks until the answer is 200 and comes from who is meant: true, or until nobody wants to know any more: false. */
export async function answersReady(url: string, isMeant: () => boolean, givenUp: AbortSignal): Promise<boolean> {
  while (!givenUp.aborted) {
    if ((await isReady(url)) && isMeant()) return true;
    await pause(100);
  }
  return false;
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
