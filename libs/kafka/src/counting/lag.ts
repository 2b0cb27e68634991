import type { BrokerAdmin } from '../client/index.js';
import { bounded } from '../handling/bounded.js';
import type { Lanes } from '../handling/lanes.js';

/** Less than Prometheus waits for metrics. */
const ANSWER_MS = 3_000;

/**
 * How far a group is behind, by topic, in the partitions that this replica has. While the broker does not answer it is what
 * it was: nobody is paged for a lag that nobody knows.
 */
export function lagOf(
  group: { readonly positions: Lanes['positions'] },
  admin: Pick<BrokerAdmin, 'bounds'>,
): () => Promise<ReadonlyMap<string, number>> {
  let last = new Map<string, number>();
  const read = async (): Promise<void> => {
    const lags = new Map<string, number>();
    for (const topic of new Set(group.positions.map((position) => position.topic))) {
      const bounds = await admin.bounds(topic);
      let lag = 0n;
      for (const { partition, offset } of group.positions.filter((position) => position.topic === topic)) {
        const { low, high } = bounds.get(partition) ?? { low: 0n, high: 0n };
        // What retention has taken is not waited for.
        const at = offset !== undefined && offset > low ? offset : low;
        if (high > at) lag += high - at;
      }
      lags.set(topic, Number(lag));
    }
    last = lags;
  };
  return async () => {
    await bounded(read(), ANSWER_MS);
    return last;
  };
}
