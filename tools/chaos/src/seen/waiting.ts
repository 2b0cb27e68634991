import { setTimeout as pause } from 'node:timers/promises';

export interface Waiting {
  readonly withinMs: number;
  readonly signal?: AbortSignal;
  /** Between two questions. Default: 100 */
  readonly everyMs?: number;
}

/**
 * Asks until the answer is there (not undefined, not false). Rejects after the deadline with a sentence that ends with the
 * last failure, and as soon as the run is given up.
 */
export async function until<T>(
  what: string,
  { withinMs, signal, everyMs = 100 }: Waiting,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  let failure = '';
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      failure = `: ${(error as Error).message}`;
    }
    if (Date.now() > deadline) throw new Error(`Not within ${withinMs / 1_000} s: ${what}${failure}`);
    await pause(everyMs, undefined, signal && { signal });
  }
}

/** `3.2 s` */
export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
