import type { Counter, Gauge } from 'prom-client';

/** What a counter or gauge says, by one of its labels. */
export async function countsBy<L extends string>(
  counter: Counter<L> | Gauge<L>,
  label: L,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { labels, value } of (await counter.get()).values) {
    const name = String(labels[label]);
    counts[name] = (counts[name] ?? 0) + value;
  }
  return counts;
}
