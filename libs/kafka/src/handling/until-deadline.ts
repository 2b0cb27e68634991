import { setTimeout as sleep } from 'node:timers/promises';
import { isPassing } from '../client/index.js';

/**
 * Tries again while what fails may pass: the way to the broker, by default. Throws the last failure when the time is up;
 * a try that hangs is not waited for any longer, either.
 */
export async function untilDeadline<T>(
  timeoutMs: number,
  work: () => Promise<T>,
  mayPass: (error: unknown) => boolean = isPassing,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
    try {
      return await within(Math.max(deadline - performance.now(), 0), work());
    } catch (error) {
      // What was answered before says more than that the last try was cut short.
      if (!(error instanceof NoAnswerTimeout)) last = error;
      if (!mayPass(error) || performance.now() + pauseMs > deadline)
        throw (last ?? new NoAnswerTimeout(timeoutMs)) as Error;
    }
    await sleep(pauseMs);
  }
}

/** @throws NoAnswerTimeout when the time is up; the work goes on, and nobody hears of it. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswerTimeout(ms)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Its name says what `isPassing` looks for. */
export class NoAnswerTimeout extends Error {
  override readonly name = 'NoAnswerTimeout';

  constructor(ms: number) {
    super(`no answer within ${Math.round(ms)} ms`);
  }
}
