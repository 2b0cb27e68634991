import { percentiles } from './callers.js';
import type { Outcome, Task } from './task.js';
import { Window } from './window.js';

/** As many askers as there are keys, each waiting for its answer before it asks again; the answer repeats the question. */
export async function ask(task: Task, question: (n: number) => Promise<number>): Promise<Outcome> {
  const window = new Window(task);
  const total = task.warmUp + task.measured;
  const latencies = new Float64Array(task.measured);
  let asked = 0;
  let wrong = 0;
  const asker = async (): Promise<void> => {
    while (asked < total) {
      const n = asked++;
      const startedAt = performance.now();
      const answer = await question(n);
      if (answer !== n) wrong++;
      const at = window.count - task.warmUp;
      if (at >= 0) latencies[at] = performance.now() - startedAt;
      window.tick();
    }
  };
  await Promise.all(Array.from({ length: task.keys }, asker));
  const problems = wrong > 0 ? [`${wrong} of ${total} answers belong to another question`] : [];
  return { metrics: { ...(await window.metrics), ...percentiles(latencies) }, problems };
}
