import { saleFields, type SaleFields } from './payload.js';
import type { Outcome, Task } from './task.js';
import { Window } from './window.js';

/** As many callers as there are keys, each waiting for its own message before it says the next one. */
export async function publishByCallers(task: Task, publish: (sale: SaleFields) => Promise<unknown>): Promise<Outcome> {
  const window = new Window(task);
  const total = task.warmUp + task.measured;
  const latencies = new Float64Array(task.measured);
  let begun = 0;
  const call = async (_: unknown, key: number): Promise<void> => {
    for (let sequence = 0; begun < total; sequence++) {
      begun++;
      const startedAt = performance.now();
      await publish(saleFields(key, sequence));
      const at = window.count - task.warmUp;
      if (at >= 0) latencies[at] = performance.now() - startedAt;
      window.tick();
    }
  };
  await Promise.all(Array.from({ length: task.keys }, call));
  return { metrics: { ...(await window.metrics), ...percentiles(latencies) }, problems: [] };
}

/** Milliseconds. */
export function percentiles(latencies: Float64Array): { p50: number; p99: number } {
  const sorted = latencies.slice().sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
