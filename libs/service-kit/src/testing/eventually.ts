import { setTimeout } from 'node:timers/promises';

/** Resolves with what `attempt` gives as soon as it throws no more; rejects with its last error after `withinMs`. */
export async function eventually<T>(attempt: () => Promise<T> | T, withinMs = 60_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await setTimeout(20);
  }
}
