import { type Ending, HANDLED, UNSEEN } from '../ending.js';
import { recordOf, type ShownPoison, type StockEnding } from '../poison.js';
import type { Way } from '../sending/way.js';

/** Good records in batches that are written in another way. */
export const BATCHES: readonly ShownPoison[] = [
  written('a batch in gzip', 'gzip', HANDLED, 'handled'),
  written('a batch in snappy', 'snappy', HANDLED, 'ends'),
  written('a batch in lz4', 'lz4', HANDLED, 'ends'),
  written('a batch in zstd', 'zstd', HANDLED, 'ends'),
  written('a transaction that was aborted', 'aborted', UNSEEN, 'nothing'),
  written('a transaction, and the control record behind it', 'committed', HANDLED, 'handled'),
];

function written(name: string, way: Way, here: Ending, stock: StockEnding): ShownPoison {
  return { name, make: (good) => [recordOf(good)], way, here, stock };
}
