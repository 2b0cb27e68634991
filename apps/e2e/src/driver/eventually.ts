import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks until the answer is there (not undefined, not false). Throws after the deadline, with what was asked for and the
 * last failure.
 */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = 90_000,
): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  let failure: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) throw new Error(`Not within ${deadlineMs} ms: ${what}`, { cause: failure });
    await sleep(50);
  }
}
